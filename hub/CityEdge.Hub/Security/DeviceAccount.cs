namespace CityEdge.Hub.Security;

/// <summary>A device that may connect.</summary>
public sealed record DeviceAccount(string Id, DateTimeOffset? CreatedAt, DateTimeOffset? RevokedAt);
