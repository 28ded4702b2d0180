using CityEdge.Contracts;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>Counters and gauges of the broker since it started. Bytes are wire bytes unless said otherwise.</summary>
public sealed record BrokerStats
{
    public int Connections { get; init; }

    public int Sessions { get; init; }

    public int Subscriptions { get; init; }

    public int RetainedMessages { get; init; }

    /// <summary>Journal bytes of the retained messages.</summary>
    public long RetainedBytes { get; init; }

    /// <summary>Connections accepted, ended CONNECT or not.</summary>
    public long ConnectionsAccepted { get; init; }

    /// <summary>By QoS 0, 1, 2; stored ones only.</summary>
    public required IReadOnlyList<long> MessagesIn { get; init; }

    /// <summary>By QoS 0, 1, 2; re-deliveries included.</summary>
    public required IReadOnlyList<long> MessagesOut { get; init; }

    /// <summary>QoS 2 messages that came again and were not stored again.</summary>
    public long DuplicatesIn { get; init; }

    /// <summary>PUBACK and PUBREC sent.</summary>
    public long Acknowledgements { get; init; }

    public long BytesIn { get; init; }

    public long BytesOut { get; init; }

    public required IReadOnlyDictionary<RefusalReason, long> Refused { get; init; }

    public required IReadOnlyDictionary<DropReason, long> Dropped { get; init; }

    /// <summary>Connections that the broker ended, by reason code.</summary>
    public required IReadOnlyDictionary<ReasonCode, long> Closed { get; init; }

    /// <summary>How often each limit bit; what that does is told in the table of limits.</summary>
    public required IReadOnlyDictionary<BrokerLimit, long> Bitten { get; init; }

    public long AuthenticationFailures { get; init; }

    /// <summary>Times that reading from a device was held back because of its message rate.</summary>
    public long RateLimited { get; init; }

    /// <summary>SUBSCRIBE entries refused because the session was at its cap.</summary>
    public long SubscriptionsRefused { get; init; }

    /// <summary>Connections now waiting because the journal is full.</summary>
    public int Stalled { get; init; }

    /// <summary>Sessions ended because their queue was over its cap.</summary>
    public long SessionsOverflowed { get; init; }

    /// <summary>Times a subscriber could not keep up and went on from the journal.</summary>
    public long FellBehind { get; init; }

    /// <summary>Times publishers were left waiting for their acknowledgements because a fast subscriber had half of its cap waiting.</summary>
    public long PublishersWaited { get; init; }

    /// <summary>Journal position up to which messages are routed.</summary>
    public long RoutedPosition { get; init; }

    /// <summary>Journal position of the newest snapshot.</summary>
    public long SnapshotPosition { get; init; }
}
