namespace CityEdge.Contracts;

/// <summary>One rule of a <see cref="DeviceConfigReport"/>.</summary>
/// <param name="Id">Rule id.</param>
/// <param name="Version">Its version.</param>
/// <param name="State"><c>running</c> or <c>refused</c>.</param>
/// <param name="Error">Why it does not run; null when it does.</param>
public sealed record ConfigRuleReport(string Id, int Version, string State, string? Error = null);
