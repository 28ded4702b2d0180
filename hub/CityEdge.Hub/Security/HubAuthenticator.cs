using System.Net;
using System.Text;
using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Security;

/// <summary>Who an MQTT client is: a device by <c>site/device</c> and token, a user by name and token or password, or, under <c>--auth none</c>, anyone as admin.</summary>
public sealed class HubAuthenticator(HubOptions options, AccountStore accounts, SignInThrottle throttle) : IBrokerAuthenticator
{
    /// <inheritdoc />
    public async ValueTask<(ClientIdentity? Identity, ReasonCode Reason)> AuthenticateAsync(BrokerCredentials credentials, CancellationToken ct)
    {
        var name = credentials.UserName ?? "";
        var parts = name.Split('/');
        var isDevice = parts.Length == 2 && PointId.IsSiteOrDevice(parts[0]) && PointId.IsSiteOrDevice(parts[1]);
        if (options.Auth == AuthMode.None)
        {
            return (isDevice ? new ClientIdentity(IdentityKind.Device, name, parts[0], parts[1], IsAdmin: true) : new ClientIdentity(IdentityKind.Anonymous, name, null, null, IsAdmin: true), ReasonCode.Success);
        }
        if (credentials.Password is not { Length: > 0 } password) return (null, ReasonCode.BadUserNameOrPassword);
        if (isDevice)
        {
            return accounts.CheckDevice(name, password.Span)
                ? (new ClientIdentity(IdentityKind.Device, name, parts[0], parts[1], IsAdmin: false), ReasonCode.Success)
                : (null, ReasonCode.BadUserNameOrPassword);
        }
        var user = accounts.FindByToken(password.Span);
        if (user is null)
        {
            (user, var retryAfter) = await throttle.CheckAsync(accounts, name, Encoding.UTF8.GetString(password.Span), (credentials.Remote as IPEndPoint)?.Address, ct);
            if (retryAfter is not null) return (null, ReasonCode.ServerBusy);
        }
        return user is { } found && found.Name == name
            ? (new ClientIdentity(IdentityKind.User, found.Name, null, null, found.Role == "admin"), ReasonCode.Success)
            : (null, ReasonCode.BadUserNameOrPassword);
    }
}
