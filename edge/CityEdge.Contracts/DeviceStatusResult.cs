namespace CityEdge.Contracts;

/// <summary>Result of reading a status document.</summary>
/// <param name="Status">The document, without the points that were refused; null when it was refused as a whole.</param>
/// <param name="Error">Why it was refused (<c>not_status</c>); null when it was not.</param>
/// <param name="Problems">Points that were left out, each with the reason.</param>
public sealed record DeviceStatusResult(DeviceStatus? Status, string? Error, IReadOnlyList<string> Problems);
