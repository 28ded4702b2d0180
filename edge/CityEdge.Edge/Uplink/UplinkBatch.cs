using CityEdge.SegmentLog;

namespace CityEdge.Edge;

/// <summary>Records of one kind that will leave as one message.</summary>
internal sealed class UplinkBatch
{
    public const int MaxBytes = SpoolRecord.MaxJsonBytes + 2;
    public const int MaxItems = 1000;
    private int bytes = 2;

    public List<LogRecord> Records { get; } = [];

    public int Items { get; private set; }

    /// <summary>A record could not be added: the message leaves as soon as the window has room.</summary>
    public bool Closed { get; private set; }

    /// <summary>When the first record was added, by <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long BeganAt { get; private set; }

    public void Close() => Closed = true;

    public bool TryAdd(LogRecord record, long now)
    {
        var items = SpoolRecord.Count(record);
        var size = record.Body.Length - SpoolRecord.HeaderBytes + 1;
        if (Records.Count > 0 && (record.Kind != Records[0].Kind || bytes + size > MaxBytes || Items + items > MaxItems))
        {
            Closed = true;
            return false;
        }
        if (Records.Count == 0) BeganAt = now;
        Records.Add(record);
        Items += items;
        bytes += size;
        if (Items >= MaxItems || bytes >= MaxBytes) Closed = true;
        return true;
    }
}
