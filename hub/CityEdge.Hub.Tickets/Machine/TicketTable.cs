using System.Collections.Frozen;
using CityEdge.Contracts;
using static CityEdge.Hub.Tickets.Machine.TicketState;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>
/// The ticket state machine: one static table, state × trigger → guard, next state, effects (domain §5.2). What is not in it does not happen: a command
/// is refused, a trigger of the system is ignored. To widen the machine, add rows.
/// </summary>
public static class TicketTable
{
    private static readonly string[] Workers = ["admin", "manager", "dispatcher", "operator", "unit", "crew"];
    private static readonly string[] Managers = ["admin", "manager"];

    /// <summary>Commands by the name they have in the API.</summary>
    public static FrozenDictionary<string, TicketTrigger> Commands { get; } = new Dictionary<string, TicketTrigger>
    {
        ["accept"] = TicketTrigger.Accept,
        ["fixed"] = TicketTrigger.Fixed,
        ["cancel"] = TicketTrigger.Cancel,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every cell.</summary>
    public static IReadOnlyList<TicketCell> Cells { get; } =
    [
        .. Rows("T2", [Candidate], TicketTrigger.WaitElapsed, Open, StillActive, TicketEventType.Opened, new(NoticeKind.Opened)),
        .. Rows("T3", [Candidate], TicketTrigger.AllCleared, Dropped, Always, TicketEventType.Dropped, new(Outcome: TicketOutcome.Prevented)),
        .. Stay("T4", [Candidate, Open, Dispatched, Accepted, EnRoute, OnSite, InProgress, OnHold, Whistled, PendingCallback, Reopened, Returned], TicketTrigger.AlarmRaised),
        .. Rows("T5", [Candidate], TicketTrigger.Complaint, Open, Always, TicketEventType.Opened, new(NoticeKind.Opened)),
        .. Rows("T11", [Dispatched], TicketTrigger.Accept, Accepted, By(Workers), TicketEventType.Accepted, TicketEffects.None),
        .. Rows("T11", [Open, Reopened], TicketTrigger.Accept, Accepted, By(Workers), TicketEventType.Accepted, new(Skips: [Dispatched])),
        .. Rows("T28", [InProgress], TicketTrigger.Fixed, PendingVerify, By(Workers), TicketEventType.Fixed, TicketEffects.None),
        .. Rows("T28", [OnSite], TicketTrigger.Fixed, PendingVerify, By(Workers), TicketEventType.Fixed, new(Skips: [InProgress])),
        .. Rows("T28", [EnRoute], TicketTrigger.Fixed, PendingVerify, By(Workers), TicketEventType.Fixed, new(Skips: [OnSite, InProgress])),
        .. Rows("T28", [Accepted], TicketTrigger.Fixed, PendingVerify, By(Workers), TicketEventType.Fixed, new(Skips: [EnRoute, OnSite, InProgress])),
        .. Rows("T28", [Reopened], TicketTrigger.Fixed, PendingVerify, And(By(Workers), WasAccepted), TicketEventType.Fixed,
            new(Skips: [Dispatched, Accepted, EnRoute, OnSite, InProgress])),
        .. Rows("T29", [PendingVerify], TicketTrigger.SensorAgreed, Closed, SensorNormal, TicketEventType.Closed, new(NoticeKind.Closed, TicketOutcome.Fixed, "sensor")),
        .. Rows("T30", [PendingVerify], TicketTrigger.AlarmRaised, Reopened, Always, TicketEventType.Reopened, new(NoticeKind.Reopened)),
        .. Rows("T31", [PendingVerify], TicketTrigger.VerifyLimitElapsed, PendingVerify, NotFlagged, TicketEventType.VerifyOverdue, new(NoticeKind.VerifyOverdue)),
        .. Rows("T36", [Open, Dispatched, Accepted, Reopened], TicketTrigger.SelfClearElapsed, SelfCleared, MayClearItself, TicketEventType.SelfCleared,
            new(NoticeKind.SelfCleared, TicketOutcome.SelfCleared, "sensor")),
        .. Rows("T37", [Closed, SelfCleared], TicketTrigger.AlarmRaised, Reopened, WithinReopenWindow, TicketEventType.Reopened, new(NoticeKind.Reopened, NewEpisode: true)),
        .. Rows("T38", [Closed], TicketTrigger.Complaint, Reopened, ToldAfterTheEnd, TicketEventType.Reopened, new(NoticeKind.Reopened, NewEpisode: true)),
        .. Rows("T44", [Open, Dispatched, Accepted, EnRoute, OnSite, InProgress, OnHold, Whistled, PendingVerify, PendingCallback, Reopened, Returned],
            TicketTrigger.Cancel, Cancelled, And(By(Managers), HasReason), TicketEventType.Cancelled, new(NoticeKind.Cancelled, TicketOutcome.Cancelled)),
    ];

    private static readonly FrozenDictionary<(TicketState State, TicketTrigger Trigger), TicketCell> Index = Cells.ToFrozenDictionary(c => (c.From, c.On));

    /// <summary>The cell of a state and a trigger; null when the trigger is not legal there.</summary>
    public static TicketCell? Find(TicketState state, TicketTrigger trigger) => Index.GetValueOrDefault((state, trigger));

    /// <summary>Names of the commands that have a cell in a state, in alphabetic order.</summary>
    public static IReadOnlyList<string> AllowedCommands(TicketState state) =>
        [.. Commands.Where(c => Find(state, c.Value) is not null).Select(c => c.Key).Order(StringComparer.Ordinal)];

    private static IEnumerable<TicketCell> Rows(
        string id, TicketState[] from, TicketTrigger on, TicketState to, Func<TicketRecord, TriggerContext, string?> guard, TicketEventType line, TicketEffects effects) =>
        from.Select(state => new TicketCell(id, state, on, to, guard, line, effects));

    private static IEnumerable<TicketCell> Stay(string id, TicketState[] states, TicketTrigger on) =>
        states.Select(state => new TicketCell(id, state, on, state, Always, null, TicketEffects.None));

    private static string? Always(TicketRecord ticket, TriggerContext context) => null;

    private static string? StillActive(TicketRecord ticket, TriggerContext context) => ticket.Active.Total() > 0 ? null : "an alarm that is still active";

    private static string? WasAccepted(TicketRecord ticket, TriggerContext context) => ticket.AcceptedAtMs is not null ? null : "the ticket to be accepted first";

    private static string? NotFlagged(TicketRecord ticket, TriggerContext context) => ticket.VerifyOverdue ? "a ticket that is not flagged yet" : null;

    private static string? SensorNormal(TicketRecord ticket, TriggerContext context) =>
        ticket.Active.Total() == 0 && ticket.Unverified == 0 ? null : "every alarm cleared and every verify condition true";

    private static string? MayClearItself(TicketRecord ticket, TriggerContext context) =>
        ticket.Active.Total() == 0 && ticket.Peak != Severity.P1 && ticket.FirstComplaintAtMs is null ? null : "every alarm cleared, never P1, no complaint";

    private static string? WithinReopenWindow(TicketRecord ticket, TriggerContext context) =>
        ticket.ClosedAtMs is { } closed && context.AtMs - closed <= context.ReopenMs ? null : "an alarm within the reopen time";

    private static string? ToldAfterTheEnd(TicketRecord ticket, TriggerContext context) =>
        ticket.ClosedAtMs is { } closed && context.Data.ComplaintAtMs is { } told && told > closed && told - closed <= ComplaintMatch.After.TotalMilliseconds ? null : "a complaint of the 15 days since";

    private static string? HasReason(TicketRecord ticket, TriggerContext context) => string.IsNullOrWhiteSpace(context.Data.Reason) ? "a reason" : null;

    private static Func<TicketRecord, TriggerContext, string?> By(string[] roles) =>
        (_, context) => roles.Contains(context.Role, StringComparer.Ordinal) ? null : $"role {string.Join(" or ", roles)}, not {context.Role}";

    private static Func<TicketRecord, TriggerContext, string?> And(Func<TicketRecord, TriggerContext, string?> first, Func<TicketRecord, TriggerContext, string?> second) =>
        (ticket, context) => first(ticket, context) ?? second(ticket, context);
}
