using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>A publish record read back from the journal, on its way to subscribers.</summary>
internal sealed class JournalMessage
{
    private bool _detached;

    private JournalMessage(long position, long nextPosition, long timeMs, int size, PublishRecord record)
    {
        Position = position;
        NextPosition = nextPosition;
        TimeMs = timeMs;
        Size = size;
        Record = record;
    }

    public long Position { get; }

    public long NextPosition { get; }

    /// <summary>Arrival time, Unix ms.</summary>
    public long TimeMs { get; }

    /// <summary>Bytes of the journal body: what it counts for in every byte limit.</summary>
    public int Size { get; }

    public PublishRecord Record { get; private set; }

    public static JournalMessage? From(in LogRecord log) =>
        log.Kind == JournalKind.Publish && PublishRecord.TryDecode(log.Body, out var record) ? new JournalMessage(log.Position, log.NextPosition, log.TimeMs, log.Body.Length, record) : null;

    /// <summary>A retained message as a snapshot kept it.</summary>
    public static JournalMessage? FromSnapshot(long position, long timeMs, byte[] body) =>
        PublishRecord.TryDecode(body, out var record) ? new JournalMessage(position, position, timeMs, body.Length, record) { _detached = true } : null;

    /// <summary>Whole seconds left; null when it does not expire, 0 or less when it has (MQTT 5.0 §3.3.2.3.3).</summary>
    public long? SecondsLeft(long nowMs) => Record.ExpirySeconds is { } seconds ? seconds - Math.Max(0, nowMs - TimeMs) / 1000 : null;

    /// <summary>Frees the read buffer that the body shares with its neighbours: whoever keeps a message calls this first, else one small message pins a megabyte.</summary>
    public void Detach()
    {
        if (_detached) return;
        Record = Record with { Payload = Record.Payload.ToArray(), Properties = Record.Properties.ToArray(), TopicUtf8 = Record.TopicUtf8.ToArray() };
        _detached = true;
    }
}
