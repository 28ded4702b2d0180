using Microsoft.AspNetCore.Connections;

namespace CityEdge.Hub.Broker;

/// <summary>Kestrel's connections meet the broker's connection limits before their TLS handshake, which is what a flood of them would cost most.</summary>
public static class AdmissionMiddleware
{
    /// <summary>Put before <c>UseHttps</c>; <see cref="MqttConnectionHandler"/> then serves what was let in.</summary>
    public static void UseMqttAdmission(this IConnectionBuilder listen, MqttBroker broker) => listen.Use(next => async connection =>
    {
        using var admission = broker.TryAdmit(connection.RemoteEndPoint);
        if (admission is null)
        {
            connection.Abort();
            return;
        }
        connection.Features.Set(admission);
        await next(connection).ConfigureAwait(false);
    });
}
