using CityEdge.Bench.Mqtt.Measure;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>What the generator saw; goes to standard output as one line of JSON. Seconds of CPU are between first publish and last delivery or acknowledgement.</summary>
internal sealed record LoadResult
{
    public required long Sent { get; init; }

    public required long Acknowledged { get; init; }

    /// <summary>Sent but never acknowledged, QoS 1.</summary>
    public required long Unacknowledged { get; init; }

    /// <summary>Acknowledgements of nothing.</summary>
    public required long Unexpected { get; init; }

    /// <summary>Publishers' connections that the server ended.</summary>
    public required int PublishersClosed { get; init; }

    /// <summary>Messages a second: delivered to the first subscriber, or where there is none acknowledged or sent.</summary>
    public required double Rate { get; init; }

    /// <summary>First publish to last delivery.</summary>
    public required double Seconds { get; init; }

    public required Latencies Ack { get; init; }

    /// <summary>How far behind its schedule a paced generator was.</summary>
    public required Latencies Behind { get; init; }

    public required long Deferred { get; init; }

    public required IReadOnlyList<SubscriberResult> Subscribers { get; init; }

    public required double ServerCpu { get; init; }

    public required double GeneratorCpu { get; init; }

    /// <summary>Cores that neither server nor generator used: the noise.</summary>
    public required double OtherCores { get; init; }

    /// <summary>Bytes, at the end.</summary>
    public required long ServerRss { get; init; }

    /// <summary>Bytes.</summary>
    public required long ServerPeak { get; init; }
}

/// <summary>What one subscriber saw.</summary>
internal sealed record SubscriberResult
{
    public required long Deliveries { get; init; }

    /// <summary>Sent but never delivered.</summary>
    public required long Lost { get; init; }

    public required long Repeated { get; init; }

    /// <summary>Out of order.</summary>
    public required long Late { get; init; }

    /// <summary>Damaged or not of this run.</summary>
    public required long Foreign { get; init; }

    /// <summary>The server ended the connection.</summary>
    public required bool Closed { get; init; }

    public required Latencies Delivery { get; init; }

    /// <summary>Nanoseconds of the monotonic clock.</summary>
    public required long LastDelivery { get; init; }
}

/// <summary>How connecting went.</summary>
internal sealed record ConnectResult(int Count, double Seconds, int Failed, int Retried, int SessionsPresent, double ServerCpu, double GeneratorCpu);
