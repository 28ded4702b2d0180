using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>What a session's matching subscriptions together say about messages of one topic: one copy, highest QoS, all subscription identifiers (MQTT 5.0 §3.3.4).</summary>
internal struct DeliveryPlan
{
    private QoS _qos;
    private bool _retainAsPublished;

    public bool Matched { get; private set; }

    public DeliveryNote? Note { get; private set; }

    /// <summary>Adds a subscription whose filter matches.</summary>
    public void Merge(SubscriptionEntry subscription)
    {
        _qos = (QoS)Math.Max((byte)_qos, (byte)subscription.QoS);
        _retainAsPublished |= subscription.RetainAsPublished;
        Matched = true;
        if (subscription.Id != 0) Note = Note is null ? subscription.Note : new DeliveryNote([.. Note.Ids, subscription.Id]);
    }

    public readonly QoS QoSOf(JournalMessage message) => (QoS)Math.Min((byte)_qos, (byte)message.QoS);

    public readonly bool RetainOf(JournalMessage message) => _retainAsPublished && message.Retain;
}
