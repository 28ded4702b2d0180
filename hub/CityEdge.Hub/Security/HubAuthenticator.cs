using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Security;

/// <summary>
/// Who an MQTT client is: a device by its certificate, or by <c>site/device</c> and token; a user by name and token or password; or, under <c>--auth none</c>, anyone as
/// admin. A certificate that was shown decides: with it, another user name is refused, and no password is looked at.
/// </summary>
public sealed class HubAuthenticator(HubOptions options, AccountStore accounts, SignInThrottle throttle, CertificateWatch watch, ILogger<HubAuthenticator> logger) : IBrokerAuthenticator
{
    /// <inheritdoc />
    public async ValueTask<(ClientIdentity? Identity, ReasonCode Reason)> AuthenticateAsync(BrokerCredentials credentials, CancellationToken ct)
    {
        var name = credentials.UserName ?? "";
        if (credentials.Certificate is { } certificate) return ByCertificate(certificate, name);
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

    /// <summary>The TLS handshake has verified the certificate against the client authority and its revocation list.</summary>
    private (ClientIdentity?, ReasonCode) ByCertificate(X509Certificate2 certificate, string name)
    {
        if (!DeviceCertificate.TryRead(certificate, out var id, out var problem)) return Refuse($"certificate {certificate.SerialNumber}: {problem}");
        if (name.Length > 0 && name != id) return Refuse($"the certificate is of {id}, the user name is '{name}'; leave the user name out");
        var (known, revoked) = accounts.DeviceState(id);
        if (revoked) return Refuse($"{id} is revoked; let it in again with: cityedge-hub devices add {id}");
        if (!known && !options.RegistrationOpen) return Refuse($"{id} is unknown and registration is closed; add it with: cityedge-hub devices add {id}");
        watch.Shown(id, certificate);
        var parts = id.Split('/');
        return (new ClientIdentity(IdentityKind.Device, id, parts[0], parts[1], IsAdmin: options.Auth == AuthMode.None), ReasonCode.Success);
    }

    private (ClientIdentity?, ReasonCode) Refuse(string why)
    {
        logger.LogWarning("An MQTT client with a certificate is refused: {Why}", why);
        return (null, ReasonCode.NotAuthorized);
    }
}
