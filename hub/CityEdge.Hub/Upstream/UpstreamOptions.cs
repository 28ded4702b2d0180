using CityEdge.Mqtt;

namespace CityEdge.Hub.Upstream;

/// <summary>Settings of <c>serve --upstream</c>: the broker whose client the hub is (design §7).</summary>
public sealed record UpstreamOptions
{
    /// <summary><c>mqtt://host:port</c> or <c>mqtts://host:port</c>, without a user.</summary>
    public required string Url { get; init; }

    /// <summary>User name at that broker; null for none.</summary>
    public string? User { get; init; }

    /// <summary>File with the user's password; null for none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Authorities to trust instead of the system's, PEM.</summary>
    public string? CaFile { get; init; }

    /// <summary>The hub's own certificate at that broker and its key, PEM; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <inheritdoc cref="CertificateFile" />
    public string? KeyFile { get; init; }

    /// <summary>Client id; null: one is drawn and kept in the data directory.</summary>
    public string? ClientId { get; init; }

    /// <summary>Name of the shared subscription; null: plain subscriptions, for a broker that has no shared ones. Hubs of one name divide the devices' messages among them.</summary>
    public string? Share { get; init; }

    public MqttVersion Version { get; init; } = MqttVersion.V500;

    /// <summary>How long that broker keeps what arrives while the hub is away.</summary>
    public TimeSpan SessionExpiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Most messages that are under way to the hub and not yet flushed: its Receive Maximum, 1 to 65 535.</summary>
    public int Window { get; init; } = 1000;
}
