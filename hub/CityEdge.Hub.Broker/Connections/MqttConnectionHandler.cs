using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace CityEdge.Hub.Broker;

/// <summary>Kestrel's transport for the broker: <c>listen.UseConnectionHandler&lt;MqttConnectionHandler&gt;()</c>, after <c>UseHttps</c> for MQTT over TLS.</summary>
public sealed class MqttConnectionHandler(MqttBroker broker) : ConnectionHandler
{
    public override Task OnConnectedAsync(ConnectionContext connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var certificate = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        // Not ConnectionClosed: it fires when the peer's FIN arrives, while packets that came before it still wait in the pipe. The pipe's own end is what counts.
        return connection.Features.Get<Admission>() is { } admission
            ? broker.ServeAsync(connection.Transport, admission, connection.RemoteEndPoint, certificate, CancellationToken.None)
            : broker.ServeAsync(connection.Transport, connection.RemoteEndPoint, certificate, CancellationToken.None);
    }
}
