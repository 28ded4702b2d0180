namespace CityEdge.Edge;

/// <summary>Name and version as the status document gives them.</summary>
internal static class AgentVersion
{
    public static string Name { get; } = $"cityedge-edge/{typeof(AgentVersion).Assembly.GetName().Version?.ToString(3) ?? "0"}";
}
