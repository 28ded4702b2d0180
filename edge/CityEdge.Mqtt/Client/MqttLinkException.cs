namespace CityEdge.Mqtt;

/// <summary>Ends one connection, inside the client; becomes an <see cref="MqttDisconnected"/>.</summary>
internal sealed class MqttLinkException(ReasonCode? code, string message, bool byServer = false, MqttProperties? properties = null) : Exception(message)
{
    public ReasonCode? Code => code;

    public bool ByServer => byServer;

    /// <summary>Of the server's CONNACK or DISCONNECT.</summary>
    public MqttProperties? Properties => properties;

    public static MqttLinkException From(MqttProtocolError error) => new(error.Code, $"the server sent what is not MQTT: {error.Message}");
}
