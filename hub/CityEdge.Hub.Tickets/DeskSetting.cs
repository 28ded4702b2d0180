namespace CityEdge.Hub.Tickets;

/// <summary>A setting of the desk with who set it.</summary>
/// <param name="Version">Rises with every change of any setting.</param>
/// <param name="Value">The setting.</param>
/// <param name="AtMs">Wall time, Unix ms.</param>
public sealed record DeskSetting<T>(long Version, T Value, string Actor, string? Reason, long AtMs);
