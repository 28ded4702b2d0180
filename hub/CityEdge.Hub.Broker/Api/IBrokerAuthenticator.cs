using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>Decides who a client is. Must not block; is called once a connection, before anything else of it is read.</summary>
public interface IBrokerAuthenticator
{
    /// <summary>The identity, or null with the reason for CONNACK (<c>BadUserNameOrPassword</c>, <c>NotAuthorized</c>, <c>Banned</c>, …).</summary>
    ValueTask<(ClientIdentity? Identity, ReasonCode Reason)> AuthenticateAsync(BrokerCredentials credentials, CancellationToken ct);
}
