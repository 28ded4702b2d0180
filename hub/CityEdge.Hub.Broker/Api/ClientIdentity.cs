namespace CityEdge.Hub.Broker;

/// <summary>Who an MQTT client is, after authentication. Client ids are scoped by <paramref name="Name"/>: two identities never share a session.</summary>
/// <param name="Kind">Kind of principal.</param>
/// <param name="Name"><c>site/device</c>, the user's name, empty for anonymous, or <c>hub</c>.</param>
/// <param name="Site">Only of devices.</param>
/// <param name="Device">Only of devices.</param>
/// <param name="IsAdmin">May touch every topic (<c>--auth none</c> makes everyone one).</param>
public sealed record ClientIdentity(IdentityKind Kind, string Name, string? Site, string? Device, bool IsAdmin)
{
    /// <summary>The hub's own identity.</summary>
    public static ClientIdentity Hub { get; } = new(IdentityKind.Hub, "hub", null, null, true);

    /// <summary>A device's identity, named <c>site/device</c>.</summary>
    public static ClientIdentity OfDevice(string site, string device) => new(IdentityKind.Device, site + "/" + device, site, device, false);
}
