namespace CityEdge.SegmentLog;

/// <summary>What an <see cref="AppendLog"/> does when <see cref="AppendLogOptions.MaxBytes"/> is reached and no segment is free to trim.</summary>
public enum WhenFull
{
    /// <summary>Whole oldest segments go, counted by record in <see cref="LogStats.DroppedRecords"/>; cursors in them move up. The agent's spool.</summary>
    DropOldest,

    /// <summary><see cref="AppendLog.Append(byte, long, ReadOnlySpan{byte})"/> throws <see cref="LogFullException"/>: the caller stops acknowledging. The hub's journal.</summary>
    Refuse,
}
