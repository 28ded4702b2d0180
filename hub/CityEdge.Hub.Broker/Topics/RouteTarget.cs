namespace CityEdge.Hub.Broker;

/// <summary>A session among those that get a topic's messages.</summary>
internal struct RouteTarget(Session session)
{
    private DeliveryPlan _all;
    private DeliveryPlan _own;
    private bool _noLocal;

    public readonly Session Session => session;

    public void Merge(SubscriptionEntry subscription)
    {
        _all.Merge(subscription);
        if (subscription.NoLocal) _noLocal = true;
        else _own.Merge(subscription);
    }

    /// <summary>What its subscriptions say about a message: with No Local, others' messages and its own are not alike (MQTT-3.8.3-3).</summary>
    public readonly DeliveryPlan PlanFor(JournalMessage message) => _noLocal && message.IsBy(session) ? _own : _all;
}
