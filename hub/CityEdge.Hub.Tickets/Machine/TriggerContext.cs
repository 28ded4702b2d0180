namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What comes with a trigger: who, when, and what the guards look at.</summary>
/// <param name="AtMs">Event time, Unix ms.</param>
/// <param name="Actor">User name or <c>system</c>.</param>
/// <param name="Role">Person's role, or <c>sensor</c>, <c>timer</c>.</param>
/// <param name="ReopenMs">Reopen window of the raising alarm's rule, ms; only with <see cref="TicketTrigger.AlarmRaised"/>.</param>
/// <param name="Data">Payload that the resulting line carries besides what the table says.</param>
public sealed record TriggerContext(long AtMs, string Actor, string Role, long ReopenMs, TicketEventData Data)
{
    /// <summary>What the ticket does not hold.</summary>
    public TicketFacts Facts { get; init; } = TicketFacts.None;

    /// <summary>Arguments of a command.</summary>
    public CommandArgs Args => new(Data.Args);
}
