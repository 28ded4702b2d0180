using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>An event-time deadline: due when the clock of its point reaches it. A pure function of the ticket, so it can neither be lost nor linger.</summary>
/// <param name="Kind">What falls due.</param>
/// <param name="DueMs">Event time, Unix ms.</param>
/// <param name="Anchor">Point (<c>site/device/name</c>) whose event clock decides.</param>
public readonly record struct TicketDeadline(TicketDeadlineKind Kind, long DueMs, string Anchor)
{
    private static readonly TicketDeadlineKind[] Kinds = Enum.GetValues<TicketDeadlineKind>();

    /// <summary>T31: how long the sensors may take to agree before a manager is told.</summary>
    public static readonly TimeSpan VerifyLimit = TimeSpan.FromHours(24);

    /// <summary>The trigger that the deadline becomes when it fires.</summary>
    public static TicketTrigger Trigger(TicketDeadlineKind kind) => kind switch
    {
        TicketDeadlineKind.Wait => TicketTrigger.WaitElapsed,
        TicketDeadlineKind.SelfClear => TicketTrigger.SelfClearElapsed,
        TicketDeadlineKind.Verify => TicketTrigger.SensorAgreed,
        TicketDeadlineKind.VerifyLimit => TicketTrigger.VerifyLimitElapsed,
        TicketDeadlineKind.Accept => TicketTrigger.AcceptClock,
        TicketDeadlineKind.Triage => TicketTrigger.TriageClock,
        TicketDeadlineKind.OnSite or TicketDeadlineKind.Safe or TicketDeadlineKind.Fix => TicketTrigger.WorkClock,
        TicketDeadlineKind.Callback => TicketTrigger.CallbackClock,
        TicketDeadlineKind.HoldUntil => TicketTrigger.HoldElapsed,
        TicketDeadlineKind.WhistleReport => TicketTrigger.ReportInElapsed,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>Name of the clock whose mark the deadline is; null where it is none.</summary>
    public static string? ClockOf(TicketDeadlineKind kind) => kind switch
    {
        TicketDeadlineKind.Accept => TicketClocks.Accept,
        TicketDeadlineKind.Triage => TicketClocks.Triage,
        TicketDeadlineKind.OnSite => TicketClocks.OnSite,
        TicketDeadlineKind.Safe => TicketClocks.Safe,
        TicketDeadlineKind.Fix => TicketClocks.Fix,
        TicketDeadlineKind.Callback => TicketClocks.Callback,
        _ => null,
    };

    /// <summary>All deadlines of a ticket, at most one of each kind.</summary>
    public static IReadOnlyList<TicketDeadline> Of(TicketRecord ticket)
    {
        List<TicketDeadline>? due = null;
        foreach (var kind in Kinds)
        {
            // A deadline exists only where the table has a cell for it and the cell's guard already holds: firing always makes progress.
            if (DueOf(ticket, kind) is { } deadline && TicketMachine.Choose(ticket, Trigger(kind), TicketMachine.Timer(deadline, TicketFacts.None), out _) is not null)
            {
                (due ??= []).Add(deadline);
            }
        }
        return due ?? (IReadOnlyList<TicketDeadline>)[];
    }

    private static TicketDeadline? DueOf(TicketRecord ticket, TicketDeadlineKind kind) => kind switch
    {
        TicketDeadlineKind.Wait => new(kind, ticket.Opening.WaitDueMs, ticket.Opening.Anchor),
        TicketDeadlineKind.SelfClear when ticket is { Opening.SelfClearMs: { } hold, LastClearedMs: { } cleared } =>
            new(kind, Math.Max(cleared + hold, ticket.StateAtMs), ticket.LastClearedPoint!),
        TicketDeadlineKind.Verify when ticket is { VerifyReadyMs: { } ready, FixedAtMs: { } fixedAt } =>
            new(kind, Math.Max(Math.Max(ready, ticket.LastClearedMs ?? ready), fixedAt), ticket.VerifyPoint!),
        TicketDeadlineKind.VerifyLimit when ticket is { FixedAtMs: { } fixedAt } =>
            new(kind, fixedAt + (long)VerifyLimit.TotalMilliseconds, ticket.Opening.Anchor),
        TicketDeadlineKind.HoldUntil when ticket is { HoldUntilMs: { } until } => new(kind, until, ticket.Opening.Anchor),
        TicketDeadlineKind.WhistleReport when ticket.Whistle?.Where(w => w is { ReportedMs: null, Late: false }).Select(w => (long?)w.ReportByMs).Min() is { } by => new(kind, by, ticket.Opening.Anchor),
        _ when ClockOf(kind) is { } name && ticket.Clock(name)?.Next() is { } mark => new(kind, mark.AtMs, ticket.Opening.Anchor),
        _ => null,
    };
}
