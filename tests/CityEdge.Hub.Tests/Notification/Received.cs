using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>One request that a sink took.</summary>
public sealed record Received(string Path, string Query, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string Id => Headers["webhook-id"];
}
