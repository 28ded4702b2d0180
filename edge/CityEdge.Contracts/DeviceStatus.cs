namespace CityEdge.Contracts;

/// <summary>The retained document of a device's status topic (design §5). Absent parts are null or empty: a will carries <c>{"state":"offline"}</c> and no more.</summary>
public sealed record DeviceStatus
{
    /// <summary><c>online</c> or <c>offline</c>; anything else refuses the document.</summary>
    public required string State { get; init; }

    /// <summary>Since when it is so, RFC 3339 UTC; null when not stated. <see cref="SinceMs"/> is the same as Unix ms.</summary>
    public string? Since { get; init; }

    /// <summary>Name and version of the agent, e.g. <c>cityedge-edge/0.1.0</c>.</summary>
    public string? Agent { get; init; }

    /// <summary>State of the spool on disk.</summary>
    public SpoolStatus? Spool { get; init; }

    /// <summary>One entry an adapter.</summary>
    public IReadOnlyList<AdapterStatus> Adapters { get; init; } = [];

    /// <summary>What the device measures.</summary>
    public IReadOnlyList<AnnouncedPoint> Points { get; init; } = [];

    /// <summary>True for state <c>online</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsOnline => State == "online";

    /// <summary><see cref="Since"/> as Unix ms; null when absent or not RFC 3339.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long? SinceMs => Since is not null && Rfc3339.TryParse(Since, out var ms) ? ms : null;
}
