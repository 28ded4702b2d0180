namespace CityEdge.Edge;

/// <summary>How the agent reaches the hub. Without a password none is sent, as a hub with <c>--auth none</c> wants it.</summary>
public sealed record HubLinkConfig
{
    /// <summary><c>mqtt://host[:1883]</c> or <c>mqtts://host[:8883]</c>.</summary>
    public required string Url { get; init; }

    /// <summary>Device token; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>PEM file of the authorities to trust; null: the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of the device's certificate, for mutual TLS.</summary>
    public string? CertFile { get; init; }

    /// <summary>PEM file of its key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Without the secret.</summary>
    public override string ToString() => Url;
}
