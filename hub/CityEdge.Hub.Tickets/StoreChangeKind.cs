namespace CityEdge.Hub.Tickets;

/// <summary>What a <see cref="StoreChange"/> is about.</summary>
public enum StoreChangeKind : byte
{
    Alarm,
    Ticket,
}
