namespace CityEdge.Hub.Broker;

/// <summary>What is rare about a delivery; null where there is nothing of it. Immutable: deliveries of one kind share it.</summary>
/// <param name="Ids">Subscription identifiers (MQTT 5.0 §3.3.2.3.8).</param>
/// <param name="Kept">The message itself where the journal may have forgotten its record: one of the retained store.</param>
/// <param name="Group">The shared subscription it came through.</param>
internal sealed record DeliveryNote(uint[] Ids, JournalMessage? Kept = null, SharedGroup? Group = null)
{
    public static uint[] NoIds { get; } = [];
}
