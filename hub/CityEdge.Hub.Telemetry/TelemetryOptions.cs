namespace CityEdge.Hub.Telemetry;

/// <summary>Settings of the telemetry side, as <c>cityedge-hub serve</c> takes them (design §5, Programs).</summary>
public sealed record TelemetryOptions
{
    /// <summary><c>--telemetry</c>: <c>embedded</c> or <c>influx</c>.</summary>
    public string Kind { get; init; } = "embedded";

    /// <summary>Folder under <c>--data</c> for the store's own files.</summary>
    public required string Directory { get; init; }

    /// <summary><c>--retention</c>; null is <c>none</c>: keep all.</summary>
    public TimeSpan? Retention { get; init; } = TimeSpan.FromDays(400);

    /// <summary><c>--rollup-retention</c>: how long the hourly roll-up is kept; null is <c>none</c>: keep all. The embedded store drops it by calendar years.</summary>
    public TimeSpan? RollUpRetention { get; init; }

    /// <summary><c>--influx-url</c>.</summary>
    public string? InfluxUrl { get; init; }

    /// <summary><c>--influx-version</c>: 1, 2 or 3.</summary>
    public int InfluxVersion { get; init; } = 1;

    /// <summary><c>--influx-db</c> or <c>--influx-bucket</c>.</summary>
    public string InfluxDatabase { get; init; } = "cityedge";

    /// <summary><c>--influx-org</c>.</summary>
    public string? InfluxOrganisation { get; init; }

    /// <summary><c>--influx-token</c>; never logged.</summary>
    public string? InfluxToken { get; init; }

    /// <summary><c>--influx-user</c>.</summary>
    public string? InfluxUser { get; init; }

    /// <summary><c>--influx-password-file</c>: its first line is the password.</summary>
    public string? InfluxPasswordFile { get; init; }
}
