using CityEdge.Contracts;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>The counters behind <see cref="BrokerStats"/>. Any thread.</summary>
internal sealed class BrokerCounters
{
    private readonly long[] _in = new long[3];
    private readonly long[] _out = new long[3];
    private readonly long[] _refused = new long[Enum.GetValues<RefusalReason>().Length];
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];
    private readonly long[] _closed = new long[256];
    private readonly long[] _bitten = new long[Enum.GetValues<BrokerLimit>().Length];
    private long _accepted, _duplicates, _acks, _bytesIn, _bytesOut, _authenticationFailures, _overflowed, _fellBehind, _publishersWaited;
    private int _connections, _stalled;

    public int Connections => Volatile.Read(ref _connections);

    public int ConnectionOpened()
    {
        Interlocked.Increment(ref _accepted);
        return Interlocked.Increment(ref _connections);
    }

    public void ConnectionEnded() => Interlocked.Decrement(ref _connections);

    public void In(QoS qos) => Interlocked.Increment(ref _in[(int)qos]);

    public void Out(QoS qos) => Interlocked.Increment(ref _out[(int)qos]);

    public void Duplicate() => Interlocked.Increment(ref _duplicates);

    public void Acknowledged(int count) => Interlocked.Add(ref _acks, count);

    public void BytesIn(long bytes) => Interlocked.Add(ref _bytesIn, bytes);

    public void BytesOut(long bytes) => Interlocked.Add(ref _bytesOut, bytes);

    public void Refused(RefusalReason reason) => Interlocked.Increment(ref _refused[(int)reason]);

    public void Dropped(DropReason reason, long count = 1) => Interlocked.Add(ref _dropped[(int)reason], count);

    public void Closed(ReasonCode reason) => Interlocked.Increment(ref _closed[(int)reason]);

    public void AuthenticationFailed() => Interlocked.Increment(ref _authenticationFailures);

    public void Overflowed(bool bytes)
    {
        Interlocked.Increment(ref _overflowed);
        Bitten(bytes ? BrokerLimit.QueuedBytesPerSession : BrokerLimit.PinnedJournalBytes);
    }

    public void PublishersWaited() => Interlocked.Increment(ref _publishersWaited);

    public void FellBehind() => Interlocked.Increment(ref _fellBehind);

    public void Bitten(BrokerLimit limit) => Interlocked.Increment(ref _bitten[(int)limit]);

    public int StalledNow => Volatile.Read(ref _stalled);

    public void Stalled(int change) => Interlocked.Add(ref _stalled, change);

    public BrokerStats Snapshot() => new()
    {
        Connections = Connections,
        ConnectionsAccepted = Volatile.Read(ref _accepted),
        MessagesIn = Copy(_in),
        MessagesOut = Copy(_out),
        DuplicatesIn = Volatile.Read(ref _duplicates),
        Acknowledgements = Volatile.Read(ref _acks),
        BytesIn = Volatile.Read(ref _bytesIn),
        BytesOut = Volatile.Read(ref _bytesOut),
        Refused = Words<RefusalReason>(_refused),
        Dropped = Words<DropReason>(_dropped),
        Closed = Words<ReasonCode>(_closed),
        AuthenticationFailures = Volatile.Read(ref _authenticationFailures),
        Stalled = Volatile.Read(ref _stalled),
        SessionsOverflowed = Volatile.Read(ref _overflowed),
        FellBehind = Volatile.Read(ref _fellBehind),
        PublishersWaited = Volatile.Read(ref _publishersWaited),
        RateLimited = Volatile.Read(ref _bitten[(int)BrokerLimit.MessageRate]),
        SubscriptionsRefused = Volatile.Read(ref _bitten[(int)BrokerLimit.MaxSubscriptionsPerSession]),
        Bitten = Words<BrokerLimit>(_bitten),
    };

    private static long[] Copy(long[] counters)
    {
        var copy = new long[counters.Length];
        for (var i = 0; i < copy.Length; i++) copy[i] = Volatile.Read(ref counters[i]);
        return copy;
    }

    private static Dictionary<T, long> Words<T>(long[] counters) where T : struct, Enum
    {
        var words = new Dictionary<T, long>();
        foreach (var value in Enum.GetValues<T>())
        {
            var count = Volatile.Read(ref counters[Convert.ToInt32(value, System.Globalization.CultureInfo.InvariantCulture)]);
            if (count != 0) words[value] = count;
        }
        return words;
    }
}
