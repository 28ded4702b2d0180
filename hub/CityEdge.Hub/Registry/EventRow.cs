using System.Text.Json;

namespace CityEdge.Hub.Registry;

/// <summary>An event that a device reported, as the API shows it.</summary>
public sealed record EventRow(string Id, string Source, string Type, string? Subject, string Device, DateTimeOffset Time, JsonElement? Data);
