namespace CityEdge.Contracts;

/// <summary>The retained document of a device's <c>config</c> topic (design §5): what the hub wants of it. The whole of it replaces the whole of the one before.</summary>
public sealed record DeviceConfig
{
    /// <summary>Names the content: the same text, the same version.</summary>
    public required string Version { get; init; }

    /// <summary>Zone of the rules' local times (IANA).</summary>
    public required string Zone { get; init; }

    /// <summary>Text of the hub's own calendar file (seasons, holidays, the city's place); null: the calendar that both ends ship.</summary>
    public string? Calendar { get; init; }

    /// <summary>Rules <c>at: edge</c> that match a point of the device.</summary>
    public IReadOnlyList<ConfigRule> Rules { get; init; } = [];

    /// <summary>The points that they match, as the hub knows them.</summary>
    public IReadOnlyList<ConfigPoint> Points { get; init; } = [];

    /// <summary>Ids of rules for which the document has no room: they run in the hub alone.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}
