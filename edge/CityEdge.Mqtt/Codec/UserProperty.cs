namespace CityEdge.Mqtt;

/// <summary>One name and value of 5.0 User Property; names may repeat and order is kept (§3.3.2.3.7). Each at most 65 535 UTF-8 bytes.</summary>
public readonly record struct UserProperty(string Name, string Value);
