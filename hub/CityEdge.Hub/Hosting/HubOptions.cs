using CityEdge.Hub.Broker;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Telemetry;
using CityEdge.Hub.Upstream;
using CityEdge.Rules;

namespace CityEdge.Hub.Hosting;

/// <summary>Settings of <c>cityedge-hub serve</c>, as read from flags, environment and configuration file (design §5).</summary>
public sealed record HubOptions
{
    /// <summary>Data directory; made if missing.</summary>
    public required string Data { get; init; }

    /// <summary>Console and API.</summary>
    public Uri Http { get; init; } = new("http://127.0.0.1:8080");

    /// <summary>Plain MQTT listener, <c>HOST:PORT</c>; port 0 is any; null: none.</summary>
    public string? Mqtt { get; init; } = "127.0.0.1:1883";

    /// <summary>TLS listeners of console and API, and of MQTT, <c>HOST:PORT</c>; null: none. Both use the certificate below.</summary>
    public string? Https { get; init; }

    /// <inheritdoc cref="Https" />
    public string? Mqtts { get; init; }

    /// <summary>Server certificate with its chain, PEM.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Private key of the certificate, PEM.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Authorities whose certificates devices may show on <see cref="Mqtts"/>, PEM; null: none, devices use tokens.</summary>
    public string? ClientCaFile { get; init; }

    /// <summary>Revocation list of the client authority, PEM or DER; null: none.</summary>
    public string? ClientCrlFile { get; init; }

    /// <summary>Directory of rule files, read at start and watched; null: none.</summary>
    public string? RulesDirectory { get; init; }

    /// <summary>Alarms raised longer ago than this when their data arrive are recorded only; null: no limit.</summary>
    public TimeSpan? MaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Seasons, holidays and the place by which rules are in force.</summary>
    public SeasonCalendar Calendar { get; init; } = SeasonCalendar.Default;

    /// <summary>The text that <see cref="Calendar"/> was read from, for agents; null: the shipped one.</summary>
    public string? CalendarText { get; init; }

    /// <summary>How long it is kept who complained; null: until somebody deletes it.</summary>
    public TimeSpan? ReporterRetention { get; init; } = TimeSpan.FromDays(180);

    public AuthMode Auth { get; init; } = AuthMode.Required;

    /// <summary><c>open</c>: an authenticated device's unknown points register themselves; <c>closed</c> refuses them.</summary>
    public bool RegistrationOpen { get; init; } = true;

    /// <summary>Most points of one device.</summary>
    public int MaxPointsPerDevice { get; init; } = 200;

    /// <summary>Most series of the hub.</summary>
    public int MaxSeries { get; init; } = 100_000;

    /// <summary>Byte cap of the journal; when it is full the hub stops acknowledging.</summary>
    public long JournalMaxBytes { get; init; } = 8L << 30;

    /// <summary>Which telemetry store, how to reach it, and how long telemetry is kept.</summary>
    public required TelemetryOptions Telemetry { get; init; }

    /// <summary>The broker whose client the hub is; null: devices speak to the hub's own.</summary>
    public UpstreamOptions? Upstream { get; init; }

    public BrokerOptions Broker { get; init; } = new();

    /// <summary>Whom the hub tells of tickets.</summary>
    public NotifyOptions Notify { get; init; } = new();

    /// <summary>Zone of sites that name none, of day buckets and of ticket numbers.</summary>
    public string TimeZone { get; init; } = "Asia/Shanghai";

    /// <summary>How fast the hub's clock runs; 1 but for the demo.</summary>
    public double ClockSpeed { get; init; } = 1;
}
