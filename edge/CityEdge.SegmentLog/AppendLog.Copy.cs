namespace CityEdge.SegmentLog;

public sealed partial class AppendLog
{
    /// <summary>
    /// The segment files that hold the durable records below a position that <see cref="DurableEnd"/> once was, oldest first. They may be copied while the log is in use;
    /// a cursor that the caller holds keeps them from being trimmed.
    /// </summary>
    public IReadOnlyList<LogFile> FilesBelow(long durable)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(durable, DurableEnd);
        lock (gate)
        {
            return [.. segments.Where(s => s.OnDisk && (s.Base < durable || s.Base == start))
                .Select(s => new LogFile(Segment.FileName(s.Base), s.FileOffset(Math.Min(Math.Max(durable, s.Base), s.End)), s.Capacity + SegmentHeader.Bytes))];
        }
    }
}
