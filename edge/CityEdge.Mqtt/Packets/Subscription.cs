namespace CityEdge.Mqtt;

/// <summary>One filter of SUBSCRIBE with its options (5.0 §3.8.3.1); 3.1.1 has only the QoS. No Local is not allowed on a shared subscription (MQTT-3.8.3-4).</summary>
public readonly record struct Subscription(
    string Filter,
    QoS QoS = QoS.AtLeastOnce,
    bool NoLocal = false,
    bool RetainAsPublished = false,
    RetainHandling RetainHandling = RetainHandling.SendAtSubscribe);
