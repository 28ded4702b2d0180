namespace CityEdge.Hub.Telemetry;

/// <summary>Where InfluxDB is and how it is written. Only protocol limits have defaults that need no thought.</summary>
public sealed record InfluxOptions
{
    /// <summary>Base address, <c>http</c> or <c>https</c>, without user or query.</summary>
    public required Uri Url { get; init; }

    /// <summary>Write dialect: 1, 2 or 3. A server that speaks another one is not written to.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Database (v1, v3) or bucket (v2).</summary>
    public string Database { get; init; } = "cityedge";

    /// <summary>Retention policy of raw readings; v1 only.</summary>
    public string RetentionPolicy { get; init; } = "raw";

    /// <summary>Organisation; v2 only.</summary>
    public string? Organisation { get; init; }

    /// <summary>User; v1 with authentication.</summary>
    public string? User { get; init; }

    /// <summary>Password; never logged.</summary>
    public string? Password { get; init; }

    /// <summary>Reads the password again after it was refused; null keeps <see cref="Password"/>.</summary>
    public Func<string?>? ReadPassword { get; init; }

    /// <summary>Token of v2 and v3; never logged.</summary>
    public string? Token { get; init; }

    /// <summary>How long raw readings are kept; null for ever. InfluxDB 1 keeps at least one hour.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Folder for the file that holds the journal position; null keeps it in memory only.</summary>
    public string? Directory { get; init; }

    /// <summary>Lines of one request.</summary>
    public int MaxLines { get; init; } = 5000;

    /// <summary>Bytes of one request before compression.</summary>
    public int MaxBytes { get; init; } = 1 << 20;

    /// <summary>Real time after which a request has failed; the hub's clock does not matter here.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
