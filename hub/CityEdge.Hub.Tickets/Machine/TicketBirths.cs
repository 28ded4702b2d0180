namespace CityEdge.Hub.Tickets.Machine;

/// <summary>How tickets come into being: the rows of the domain's §5.2 that have no state before them.</summary>
public static class TicketBirths
{
    /// <summary>Every row.</summary>
    public static IReadOnlyList<TicketBirthRow> Rows { get; } =
    [
        new("T1", TicketOrigin.Proactive, ["system"], TicketState.Candidate, TicketEventType.Raised),
        new("T5", TicketOrigin.Complaint, ["resident", "kiosk", "call-centre", "operator", "dispatcher", "manager", "admin", "system"], TicketState.Open, TicketEventType.Reported),
        new("T6", TicketOrigin.Preventive, ["scheduler"], TicketState.Open, TicketEventType.Planned),
        new("T7", TicketOrigin.Derived, ["manager", "admin", "system"], TicketState.Open, TicketEventType.Derived),
    ];

    /// <summary>T5, T6, T7: a ticket that no alarm opens. Its <see cref="TicketOpening.Anchor"/> tells whose clock times it.</summary>
    /// <param name="opening">What is decided at birth; its origin chooses the row.</param>
    /// <param name="context">Who, when; for T5 <see cref="TicketEventData.ComplaintAtMs"/> and <see cref="TicketEventData.Contact"/>.</param>
    /// <param name="parent">T7: the ticket that this one follows from; a fix must have been proved, or a false alarm.</param>
    public static TicketDecision Born(TicketOpening opening, TriggerContext context, TicketRecord? parent = null)
    {
        var row = Rows.First(r => r.Origin == opening.Origin);
        if (row.Origin == TicketOrigin.Proactive) return new([], "An alarm opens a proactive ticket: give it to the rules.");
        if (!row.Roles.Contains(context.Role)) return new([], $"A ticket of origin {opening.Origin} expects role {string.Join(" or ", row.Roles)}, not {context.Role}.");
        if (row.Origin == TicketOrigin.Derived && parent is not { State: TicketState.Closed or TicketState.FalseAlarm })
        {
            return new([], "A derived ticket expects a parent that is closed by proof, or a false alarm.");
        }
        var blank = new TicketRecord { Opening = opening, State = row.To, StateAtMs = context.AtMs, Severity = opening.Severity, Peak = opening.Severity, Version = 0, Mode = context.Facts.Mode ?? default };
        var clocks = context.Facts.Plan?.Start(ClockMoment.Opened, blank, opening.Sla, context.AtMs);
        var data = context.Data with { Opening = opening, Mode = context.Facts.Mode, Clocks = clocks is { Count: > 0 } ? [.. clocks] : null };
        return new([new(row.Event, null, row.To, context.AtMs, context.Actor, context.Role, data, NoticeKind.Opened)]);
    }

    /// <summary>True for the line with which a log begins.</summary>
    internal static bool IsBirth(TicketEventType type) => type is TicketEventType.Raised or TicketEventType.Reported or TicketEventType.Planned or TicketEventType.Derived;
}
