using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>What a session's matching subscriptions together say about one message: one copy, highest QoS, all subscription identifiers (MQTT 5.0 §3.3.4).</summary>
internal struct DeliveryMatch
{
    private static readonly uint[] None = [];
    private uint[]? _ids;

    public bool Matched { get; private set; }

    public QoS QoS { get; private set; }

    public bool Retain { get; private set; }

    public readonly uint[] Ids => _ids ?? None;

    /// <param name="subscription">A subscription whose filter matches.</param>
    /// <param name="record">The message.</param>
    /// <param name="own">The subscriber published it.</param>
    public void Merge(SubscriptionEntry subscription, PublishRecord record, bool own)
    {
        if (subscription.NoLocal && own) return;
        var qos = (QoS)Math.Min((byte)subscription.QoS, (byte)record.QoS);
        QoS = Matched ? (QoS)Math.Max((byte)QoS, (byte)qos) : qos;
        Matched = true;
        Retain |= record.Retain && subscription.RetainAsPublished;
        if (subscription.Id != 0) _ids = _ids is null ? [subscription.Id] : [.. _ids, subscription.Id];
    }
}
