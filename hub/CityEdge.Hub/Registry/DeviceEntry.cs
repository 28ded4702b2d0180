using System.Collections.Concurrent;
using CityEdge.Contracts;

namespace CityEdge.Hub.Registry;

/// <summary>A device as the registry keeps it.</summary>
public sealed class DeviceEntry(string site, string device)
{
    public string Site { get; } = site;

    public string Device { get; } = device;

    /// <summary><c>site/device</c>.</summary>
    public string Id => $"{Site}/{Device}";

    /// <summary>Last <c>status</c> payload, as sent; null before the first.</summary>
    public string? StatusJson { get; set; }

    /// <summary>Last <c>config/reported</c> payload, as sent; null before the first.</summary>
    public string? ReportedJson { get; set; }

    /// <summary>Version of the configuration that was last published to it; null when none was.</summary>
    public string? ConfigVersion { get; set; }

    public bool Online { get; set; }

    /// <summary>Unix ms of the last change of <see cref="Online"/>.</summary>
    public long SinceMs { get; set; }

    /// <summary>Arrival time of its last message, Unix ms; 0 before the first.</summary>
    public long LastSeenMs { get; set; }

    public int Points { get; set; }

    /// <summary>Messages or records of this device refused since the start of the hub, by reason.</summary>
    public ConcurrentDictionary<string, long> Refusals { get; } = new();

    /// <summary>Counts a refusal; from any thread.</summary>
    public void Refused(RefusalReason reason) => Refusals.AddOrUpdate(RefusalReasons.Name(reason), 1, (_, count) => count + 1);
}
