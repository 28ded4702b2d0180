using CityEdge.Contracts;

namespace CityEdge.Hub.Ingest;

/// <summary>A decoded message.</summary>
public sealed record DecodedMessage(MessageKind Kind, string? Site, string? Device)
{
    public IReadOnlyList<DecodedReading> Readings { get; init; } = [];

    public IReadOnlyList<Refusal> Refusals { get; init; } = [];

    public IReadOnlyList<CloudEvent> Events { get; init; } = [];

    public DeviceStatus? Status { get; init; }

    /// <summary>JSON of what the device has made of its desired configuration.</summary>
    public string? Reported { get; init; }
}
