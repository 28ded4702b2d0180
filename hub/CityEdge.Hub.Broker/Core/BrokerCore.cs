using System.Buffers;
using System.Collections.Concurrent;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Broker;

/// <summary>What every part of one broker shares: the journal, the clocks, the limits, the counters.</summary>
internal sealed class BrokerCore(BrokerOptions options, AppendLog journal, IBrokerObserver observer, TimeProvider arrival, TimeProvider protocol, ILogger logger)
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _scratch;

    private readonly ConcurrentQueue<Feed> _overflowed = new();
    private long _appendedEnd;
    private long _routingEnd;
    private long _routedEnd;
    private long _acknowledgeLimit = long.MaxValue;
    private long _waitUntil;

    public BrokerOptions Options => options;

    public AppendLog Journal => journal;

    public IBrokerObserver Observer => observer;

    /// <summary>Clock of the data: arrival times, message and session expiry. May run fast in a demo.</summary>
    public TimeProvider Arrival => arrival;

    /// <summary>Clock of the protocol: keep-alive, time-outs, will delay. Real, but in tests.</summary>
    public TimeProvider Protocol => protocol;

    public ILogger Logger => logger;

    /// <summary>Runs a feed's catch-up soon, on another thread or at another time. Any thread, under a gate.</summary>
    public Action<IThreadPoolWorkItem> Later { get; init; } = static work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    public BrokerCounters Counters { get; } = new();

    public ConcurrentQueue<Feed> OverflowedFeeds => _overflowed;

    public long ArrivalMs => arrival.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Past the last record that this broker appended.</summary>
    public long AppendedEnd => Volatile.Read(ref _appendedEnd);

    /// <summary>Past the record that the router is handing out now; published before it is offered to anyone.</summary>
    public long RoutingEnd
    {
        get => Volatile.Read(ref _routingEnd);
        set => Volatile.Write(ref _routingEnd, value);
    }

    /// <summary>Everything below has been offered to everyone.</summary>
    public long RoutedEnd
    {
        get => Volatile.Read(ref _routedEnd);
        set => Volatile.Write(ref _routedEnd, value);
    }

    /// <summary>Appends one record at the arrival clock's time; returns the position past it. Throws <see cref="LogFullException"/>.</summary>
    public long Append(byte kind, ReadOnlySpan<byte> body)
    {
        var next = journal.Append(kind, ArrivalMs, body);
        var seen = Volatile.Read(ref _appendedEnd);
        while (next > seen)
        {
            var was = Interlocked.CompareExchange(ref _appendedEnd, next, seen);
            if (was == seen) break;
            seen = was;
        }
        return next;
    }

    /// <summary>What was in the journal when the broker started.</summary>
    public void ResumeAppending(long end) => Volatile.Write(ref _appendedEnd, end);

    /// <summary>Appends a state record that <paramref name="write"/> fills.</summary>
    public long Append<T>(byte kind, T value, Action<RecordWriter, T> write)
    {
        var scratch = Scratch();
        var writer = new RecordWriter(scratch);
        writer.Byte(StateFold.Format);
        write(writer, value);
        return Append(kind, scratch.WrittenSpan);
    }

    /// <summary>This thread's empty scratch buffer; valid until the next use on the thread.</summary>
    public static ArrayBufferWriter<byte> Scratch()
    {
        var scratch = _scratch ??= new ArrayBufferWriter<byte>(4096);
        scratch.ResetWrittenCount();
        return scratch;
    }

    /// <summary>
    /// Up to here publishers may be acknowledged: what is durable, but not past where a subscriber who takes much and fast asked for a pause (<see cref="PublishersWait"/>).
    /// Their own windows then hold them; nothing is refused.
    /// </summary>
    public long AcknowledgeEnd => Math.Min(journal.DurableEnd, Volatile.Read(ref _acknowledgeLimit));

    /// <summary>Lets publishers wait for their acknowledgements for a tenth of a second from now. Any thread.</summary>
    public void PublishersWait()
    {
        Volatile.Write(ref _waitUntil, protocol.GetTimestamp() + protocol.TimestampFrequency / 10);
        if (Interlocked.CompareExchange(ref _acknowledgeLimit, journal.DurableEnd, long.MaxValue) == long.MaxValue) Counters.PublishersWaited();
    }

    /// <summary>Ends the pause if nobody has asked for it lately, and gives acknowledgements a turn. Any thread, now and then while there may be a pause.</summary>
    public void EndPublishersWait()
    {
        if (Volatile.Read(ref _acknowledgeLimit) == long.MaxValue || protocol.GetTimestamp() <= Volatile.Read(ref _waitUntil)) return;
        if (Interlocked.Exchange(ref _acknowledgeLimit, long.MaxValue) != long.MaxValue) AcknowledgeLater();
    }

    /// <summary>Asks for a turn of the acknowledgements.</summary>
    public Action AcknowledgeLater { get; set; } = static () => { };

    /// <summary>Journal bytes that one subscriber may pin: the option, but never more than half of the journal.</summary>
    public long MaxPinnedBytes { get; } = Math.Min(options.MaxPinnedJournalBytes, journal.Stats.MaxBytes / 2);

    /// <summary>Called under the feed's gate; the router ends it after its batch.</summary>
    public void Overflowed(Feed feed) => _overflowed.Enqueue(feed);

    public void WillNotCleared(IOException failure) => BrokerLog.WillNotCleared(logger, failure.Message);

    public void JournalReadFailed(Exception failure) => BrokerLog.JournalReadFailed(logger, failure);
}
