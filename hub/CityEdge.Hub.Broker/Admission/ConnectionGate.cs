using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Connections of each address: how many at once, and how many a second by a token bucket. An address is remembered while it has connections and, without any, until its bucket
/// is full again; of the latter at most 16 384, the longest idle one forgotten first. One log line a minute and address, 60 a minute in all.
/// </summary>
internal sealed class ConnectionGate(BrokerOptions options, TimeProvider clock, ILogger logger)
{
    private const int MaxIdle = 16_384;
    private const int MaxLines = 60;
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    private readonly Dictionary<AddressBlock, Entry> _entries = [];
    private readonly LinkedList<Entry> _idle = [];
    private readonly Lock _gate = new();
    private long _minuteBegan = clock.GetTimestamp();
    private int _lines;

    /// <summary>Addresses that are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <summary>Connections of the address that has most.</summary>
    public int Most()
    {
        lock (_gate) return _entries.Count == 0 ? 0 : _entries.Values.Max(e => e.Connections);
    }

    /// <summary>Null: let in, and <see cref="Leave"/> is due; else the limit that says no.</summary>
    public BrokerLimit? Enter(AddressBlock address)
    {
        if (address.IsLoopback && !options.LimitLoopback) return null;
        BrokerLimit? refused;
        var untold = 0;
        lock (_gate)
        {
            var now = clock.GetTimestamp();
            if (!_entries.TryGetValue(address, out var entry)) _entries[address] = entry = new Entry(address, options.ConnectionBurstPerAddress, now);
            if (entry.Rests.List is not null) _idle.Remove(entry.Rests);
            entry.Tokens = Math.Min(options.ConnectionBurstPerAddress, entry.Tokens + clock.GetElapsedTime(entry.FilledAt, now).TotalSeconds * options.ConnectionRatePerAddress);
            entry.FilledAt = now;
            refused = entry.Connections >= options.MaxConnectionsPerAddress ? BrokerLimit.MaxConnectionsPerAddress
                : options.ConnectionRatePerAddress > 0 && entry.Tokens < 1 ? BrokerLimit.ConnectionRatePerAddress : null;
            if (refused is null)
            {
                entry.Tokens--;
                entry.Connections++;
            }
            else
            {
                entry.Refused++;
                if (MayTell(entry, now)) (untold, entry.Refused, entry.ToldAt) = (entry.Refused, 0, now);
            }
            if (entry.Connections == 0) Rest(entry, now);
        }
        if (untold > 0) BrokerLog.AddressRefused(logger, address.ToString(), untold, refused == BrokerLimit.ConnectionRatePerAddress ? "connection_rate_per_address" : "max_connections_per_address");
        return refused;
    }

    public void Leave(AddressBlock address)
    {
        if (address.IsLoopback && !options.LimitLoopback) return;
        lock (_gate)
        {
            if (_entries.TryGetValue(address, out var entry) && --entry.Connections == 0) Rest(entry, clock.GetTimestamp());
        }
    }

    private bool MayTell(Entry entry, long now)
    {
        if (clock.GetElapsedTime(_minuteBegan, now) >= Quiet) (_minuteBegan, _lines) = (now, 0);
        return (entry.ToldAt is not { } told || clock.GetElapsedTime(told, now) >= Quiet) && ++_lines <= MaxLines;
    }

    /// <summary>Without connections; forgotten when it would be as new.</summary>
    private void Rest(Entry entry, long now)
    {
        entry.IdleSince = now;
        _idle.AddLast(entry.Rests);
        var asNew = TimeSpan.FromSeconds(Math.Max(Quiet.TotalSeconds, options.ConnectionRatePerAddress > 0 ? (double)options.ConnectionBurstPerAddress / options.ConnectionRatePerAddress : 0));
        while (_idle.First is { Value: var oldest } && (_idle.Count > MaxIdle || clock.GetElapsedTime(oldest.IdleSince, now) >= asNew))
        {
            _idle.RemoveFirst();
            _entries.Remove(oldest.Address);
        }
    }

    private sealed class Entry
    {
        public Entry(AddressBlock address, int tokens, long now)
        {
            (Address, Tokens, FilledAt) = (address, tokens, now);
            Rests = new LinkedListNode<Entry>(this);
        }

        public AddressBlock Address { get; }

        public LinkedListNode<Entry> Rests { get; }

        public double Tokens { get; set; }

        public long FilledAt { get; set; }

        public long IdleSince { get; set; }

        public int Connections { get; set; }

        /// <summary>Refused since the last log line.</summary>
        public int Refused { get; set; }

        public long? ToldAt { get; set; }
    }
}
