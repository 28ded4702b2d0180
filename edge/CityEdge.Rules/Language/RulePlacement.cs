namespace CityEdge.Rules;

/// <summary>Where a rule runs (<c>at:</c>).</summary>
public enum RulePlacement : byte
{
    /// <summary>In the hub.</summary>
    Hub,

    /// <summary>In the agent beside the sensor.</summary>
    Edge,
}
