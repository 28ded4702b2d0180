namespace CityEdge.Contracts;

/// <summary>The retained document of a device's <c>config/reported</c> topic (design §5): what it has made of the desired configuration.</summary>
public sealed record DeviceConfigReport
{
    /// <summary>Version in force; null when there is none.</summary>
    public string? Version { get; init; }

    /// <summary>Its rules.</summary>
    public IReadOnlyList<ConfigRuleReport> Rules { get; init; } = [];

    /// <summary>Desired documents that could not be read, since the agent's start; the one before stays in force.</summary>
    public long Refused { get; init; }

    /// <summary>Why the last of them was refused; null when a later one was taken.</summary>
    public string? Error { get; init; }
}
