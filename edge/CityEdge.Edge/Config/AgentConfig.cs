using CityEdge.Contracts;

namespace CityEdge.Edge;

/// <summary>What an agent needs to know apart from its adapters (design §5, "Agent configuration").</summary>
public sealed record AgentConfig
{
    /// <summary>Site, <c>[A-Za-z0-9_-]{1,64}</c>.</summary>
    public required string Site { get; init; }

    /// <summary>Device, the same alphabet, not <c>tickets</c>.</summary>
    public required string Device { get; init; }

    /// <summary>The hub or broker.</summary>
    public required HubLinkConfig Hub { get; init; }

    /// <summary>The spool on disk.</summary>
    public required SpoolConfig Spool { get; init; }

    /// <summary>Compress telemetry payloads above 4 KiB.</summary>
    public bool Gzip { get; init; }

    /// <summary>Most messages under way to the hub at a time, 1 to 100.</summary>
    public int Window { get; init; } = 16;

    /// <summary>Least time between two status documents when nothing has changed.</summary>
    public TimeSpan StatusEvery { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>{site}/{device}</c>: user name and base name of the readings.</summary>
    public string Identity => $"{Site}/{Device}";

    /// <summary>Throws <see cref="ArgumentException"/> for a value that the hub would refuse.</summary>
    internal void Validate()
    {
        if (!PointId.IsSiteOrDevice(Site)) throw new ArgumentException($"site '{Site}' is not 1 to 64 of letters, digits, _ and -");
        if (!Topics.IsDeviceName(Device)) throw new ArgumentException($"device '{Device}' is not 1 to 64 of letters, digits, _ and -, or is the reserved word '{Topics.TicketsLevel}'");
        if (Window is < 1 or > 100) throw new ArgumentException($"window {Window} is not from 1 to 100");
        if (StatusEvery < TimeSpan.FromSeconds(1)) throw new ArgumentException("status_every is less than 1 s");
    }
}
