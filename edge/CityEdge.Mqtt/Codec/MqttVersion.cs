namespace CityEdge.Mqtt;

/// <summary>Protocol level as CONNECT carries it (3.1.1 §3.1.2.2, 5.0 §3.1.2.2).</summary>
public enum MqttVersion : byte
{
    /// <summary>MQTT 3.1.1, ISO/IEC 20922.</summary>
    V311 = 4,

    /// <summary>MQTT 5.0.</summary>
    V500 = 5,
}
