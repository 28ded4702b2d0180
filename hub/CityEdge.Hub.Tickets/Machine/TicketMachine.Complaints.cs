namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Decisions on complaints: T5 and T38.</summary>
public static partial class TicketMachine
{
    private const string Resident = "resident";

    /// <summary>T5: an incident that no rule has seen. It opens when the complaint is linked, in the same commit.</summary>
    public static TicketDecision BornOfComplaint(TicketOpening opening) => new(
        [new(TicketEventType.Raised, null, TicketState.Candidate, opening.RaisedAtMs, System, Resident, new TicketEventData { Opening = opening })]);

    /// <summary>
    /// A complaint belongs to the ticket's incident. With <paramref name="acts"/> it moves the ticket where the table has a cell for it: a candidate waits no longer (T5), a closed one reopens (T38);
    /// without, it is only recorded, because it is old news.
    /// </summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="complaint">Id of the complaint.</param>
    /// <param name="complaintAtMs">When it was made.</param>
    /// <param name="atMs">Event clock of the ticket's first point now.</param>
    /// <param name="acts">It may move the ticket.</param>
    /// <param name="contact">Who complained can be called back, so the ticket does not close without that (T32).</param>
    /// <param name="facts">The plan of clocks, when it opens or reopens.</param>
    public static TicketDecision ComplaintLinked(TicketRecord ticket, string complaint, long complaintAtMs, long atMs, bool acts, bool contact = false, TicketFacts? facts = null)
    {
        var data = new TicketEventData { Complaint = complaint, ComplaintAtMs = complaintAtMs, Contact = contact ? true : null };
        var line = new TicketEventDraft(TicketEventType.ComplaintLinked, ticket.State, ticket.State, Math.Max(atMs, ticket.StateAtMs), System, Resident, data);
        if (!acts) return new([line]);
        var after = TicketFold.Apply(ticket, ticket.Version + 1, line);
        return new([line, .. Trigger(after, TicketTrigger.Complaint, new(atMs, System, Resident, 0, data with { Complaint = null, Contact = null }) { Facts = facts ?? TicketFacts.None }).Lines]);
    }

    /// <summary>The first alarm of an incident that until now only a resident had told of: the ticket is from now on the promise on <paramref name="incidentKey"/>.</summary>
    public static TicketDecision IncidentNamed(TicketRecord ticket, string incidentKey, long atMs) => new(
        [new(TicketEventType.IncidentNamed, ticket.State, ticket.State, Math.Max(atMs, ticket.StateAtMs), System, "sensor", new TicketEventData { IncidentKey = incidentKey })]);
}
