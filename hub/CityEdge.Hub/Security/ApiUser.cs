namespace CityEdge.Hub.Security;

/// <summary>Who is asking: a user by bearer token or by the console's cookie, or the anonymous admin under <c>--auth none</c>.</summary>
public sealed record ApiUser(string Name, string Role, string? Csrf);
