using CityEdge.Contracts;

namespace CityEdge.Hub.Registry;

/// <summary>A thing in the city that points belong to and tickets are about; assets form a tree by <see cref="Parent"/>.</summary>
/// <param name="Id">Unique id, <c>[A-Za-z0-9_.:-]{1,128}</c>.</param>
/// <param name="Kind">Kind in the field's words: district, street, community, building, unit, room, station, kiosk, …</param>
/// <param name="Name">Name for people.</param>
/// <param name="Parent">Id of the parent; null for a root.</param>
/// <param name="Lat">WGS 84 latitude, degrees.</param>
/// <param name="Long">WGS 84 longitude, degrees.</param>
/// <param name="Labels">Labels that rules select by; inherited by what is below.</param>
/// <param name="Attributes">Numbers that rules compare with (<c>attr.NAME</c>); inherited by what is below.</param>
public sealed record Asset(
    string Id,
    string Kind,
    string Name,
    string? Parent,
    double? Lat,
    double? Long,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, double> Attributes);

/// <summary>A registered point as the registry keeps it.</summary>
public sealed class PointEntry(PointId id, PointKind kind, string? unit, ReadingType type)
{
    public PointId Id { get; } = id;

    public PointKind Kind { get; set; } = kind;

    /// <summary>Canonical unit of stored values; null when none.</summary>
    public string? Unit { get; set; } = unit;

    /// <summary>Type of its first valid reading, never changed; <see cref="ReadingType.None"/> while only announced.</summary>
    public ReadingType Type { get; set; } = type;

    public string? Asset { get; set; }

    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    /// <summary>True when a person has set kind, asset or labels: an announcement no longer overwrites them.</summary>
    public bool Patched { get; set; }

    /// <summary>Journal position of the record that registered it.</summary>
    public long RegisteredAt { get; set; }

    /// <summary>Newest reading by event time that the rule consumer has seen since the start of the hub.</summary>
    public Reading? Last { get; set; }
}

/// <summary>A device as the registry keeps it.</summary>
public sealed class DeviceEntry(string site, string device)
{
    public string Site { get; } = site;

    public string Device { get; } = device;

    /// <summary><c>site/device</c>.</summary>
    public string Id => $"{Site}/{Device}";

    /// <summary>Last <c>status</c> payload, as sent; null before the first.</summary>
    public string? StatusJson { get; set; }

    public bool Online { get; set; }

    /// <summary>Unix ms of the last change of <see cref="Online"/>.</summary>
    public long SinceMs { get; set; }

    /// <summary>Arrival time of its last message, Unix ms; 0 before the first.</summary>
    public long LastSeenMs { get; set; }

    public int Points { get; set; }

    /// <summary>Messages or records of this device refused since the start of the hub, by reason.</summary>
    public Dictionary<string, long> Refusals { get; } = [];
}

/// <summary>A version of a rule that has been applied.</summary>
public sealed record StoredRule(string Id, int Version, string Yaml, string Author, string? Reason, long AtMs);
