namespace CityEdge.Mqtt;

/// <summary>CONNECT (5.0 §3.1, 3.1.1 §3.1).</summary>
/// <param name="Version">Protocol level.</param>
/// <param name="ClientId">May be empty: the server assigns one (5.0), or treats the session as clean (3.1.1, which then needs <paramref name="CleanStart"/>).</param>
/// <param name="CleanStart">Discard a session of that client; Clean Session in 3.1.1.</param>
/// <param name="KeepAlive">Seconds; 0 is off.</param>
/// <param name="Will">Null when there is none.</param>
/// <param name="UserName">Null when absent.</param>
/// <param name="Password">Null when absent; in 3.1.1 only with a user name. Not part of <see cref="ToString"/>.</param>
/// <param name="Properties">5.0 only.</param>
public sealed record ConnectPacket(
    MqttVersion Version,
    string ClientId,
    bool CleanStart = true,
    ushort KeepAlive = 0,
    WillMessage? Will = null,
    string? UserName = null,
    byte[]? Password = null,
    MqttProperties? Properties = null)
{
    public override string ToString() => $"CONNECT {Version} client {ClientId} user {UserName ?? "-"} clean {CleanStart} keep-alive {KeepAlive} s will {Will?.Topic ?? "-"}";
}
