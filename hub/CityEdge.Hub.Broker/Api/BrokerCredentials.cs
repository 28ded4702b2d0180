using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace CityEdge.Hub.Broker;

/// <summary>What a client showed in its CONNECT packet and its transport.</summary>
/// <param name="ClientId">As sent, or as assigned when empty.</param>
/// <param name="UserName">User name, for devices <c>site/device</c>.</param>
/// <param name="Password">Raw password bytes; valid only during the call.</param>
/// <param name="Remote">Peer address where the transport knows it.</param>
/// <param name="Certificate">Verified client certificate of a TLS transport.</param>
public sealed record BrokerCredentials(string ClientId, string? UserName, ReadOnlyMemory<byte>? Password, EndPoint? Remote, X509Certificate2? Certificate);
