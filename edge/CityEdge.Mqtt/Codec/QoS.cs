namespace CityEdge.Mqtt;

/// <summary>Quality of service of a delivery (5.0 §4.3).</summary>
public enum QoS : byte
{
    AtMostOnce,
    AtLeastOnce,
    ExactlyOnce,
}
