namespace CityEdge.Hub.Security;

/// <summary>A user of console, API or MQTT.</summary>
public sealed record UserRow(string Name, string Role, DateTimeOffset CreatedAt, int Tokens);
