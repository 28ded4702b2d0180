namespace CityEdge.Hub.Tickets.Machine;

/// <summary>One cell of the table: what a trigger does in a state.</summary>
/// <param name="Id">Transition of the domain's §5.2, e.g. <c>T28</c>.</param>
/// <param name="From">State before.</param>
/// <param name="On">Trigger.</param>
/// <param name="To">State after.</param>
/// <param name="Guard">Null when allowed, else what was expected, for the person or log.</param>
/// <param name="Event">Log line to write; null when the trigger's own line says it all.</param>
/// <param name="Effects">What else happens in the same commit.</param>
public sealed record TicketCell(
    string Id, TicketState From, TicketTrigger On, TicketState To, Func<TicketRecord, TriggerContext, string?> Guard, TicketEventType? Event, TicketEffects Effects);
