namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Lines of dispatch, work, clocks, merging.</summary>
public static partial class TicketFold
{
    private static TicketRecord Work(TicketRecord before, TicketRecord t, TicketEventType type, long atMs, string actor, TicketEventData data) => type switch
    {
        TicketEventType.ReportLinked => t with
        {
            FirstComplaintAtMs = data.ComplaintAtMs is { } at ? Math.Min(at, t.FirstComplaintAtMs ?? at) : t.FirstComplaintAtMs, Contacts = t.Contacts + (data.Contact == true ? 1 : 0),
        },
        TicketEventType.Dispatched => t with
        {
            Offered = data.Unit,
            Lead = t.Lead ?? data.Unit,
            CoUnits = data.Units,
            CoDone = null,
            Catalogue = data.Catalogue,
            Sla = data.Sla ?? t.Sla,
            NeedsPhotos = data.NeedsPhotos == true,
            DispatchedAtMs = atMs,
            InTriage = false,
            Clocks = TicketClocks.Stop(t.Clocks, atMs, TicketClocks.Triage),
        },
        TicketEventType.Triage => t with { InTriage = true },
        TicketEventType.Returned => t with { Returns = t.Returns + 1, Offered = null, DispatchedAtMs = null, InTriage = true, Clocks = TicketClocks.Stop(t.Clocks, atMs, TicketClocks.Accept) },
        TicketEventType.Accepted => t with
        {
            AcceptedAtMs = t.AcceptedAtMs ?? atMs,
            AcceptedBy = actor,
            Lead = data.Unit ?? t.Lead,
            Offered = null,
            InTriage = false,
            Clocks = TicketClocks.Stop(t.Clocks, atMs, TicketClocks.Accept, TicketClocks.Triage),
        },
        TicketEventType.CrewAssigned => t with { Crew = data.Crew },
        TicketEventType.Arrived => t with { Clocks = TicketClocks.Stop(t.Clocks, atMs, TicketClocks.OnSite) },
        TicketEventType.MadeSafe => t with { Clocks = TicketClocks.Stop(t.Clocks, atMs, TicketClocks.Safe) },
        TicketEventType.Fixed => t with
        {
            FixedAtMs = atMs, FixedBy = actor, FalseAlarmProposed = false, VerifyOverdue = false, Clocks = TicketClocks.Stop(t.Clocks, atMs, TicketClocks.OnSite, TicketClocks.Safe, TicketClocks.Fix),
        },
        TicketEventType.NoFault => t with
        {
            FixedAtMs = atMs, FixedBy = actor, FalseAlarmProposed = true, VerifyOverdue = false, Clocks = TicketClocks.Stop(t.Clocks, atMs, TicketClocks.OnSite, TicketClocks.Safe, TicketClocks.Fix),
        },
        TicketEventType.CoDone => t with { CoDone = [.. t.CoDone ?? [], data.Unit!] },
        TicketEventType.Whistled => t with { Whistle = [.. (data.Units ?? []).Select(u => new WhistleTask(u, data.UntilMs!.Value))] },
        TicketEventType.ReportedIn => Task(t, data.Unit, w => w with { ReportedMs = atMs, Remote = data.Remote == true }),
        TicketEventType.ReportInLate => Task(t, data.Unit, w => w with { Late = true }),
        TicketEventType.TaskDone => Task(t, data.Unit, w => w with { DoneMs = atMs }),
        TicketEventType.Held => t with { HoldReason = data.Reason, HoldUntilMs = data.UntilMs },
        TicketEventType.Resumed => t with { HoldReason = null, HoldUntilMs = null },
        TicketEventType.ExtensionAsked => t with { ExtensionMs = data.UntilMs, ExtensionBy = actor },
        TicketEventType.ExtensionApproved => t with { ExtensionMs = null, ExtensionBy = null, Extended = true },
        TicketEventType.ExtensionRefused => t with { ExtensionMs = null, ExtensionBy = null },
        TicketEventType.ClockMark => t with { Clocks = TicketClocks.Fire(t.Clocks, data.Clock), Level = data.Level ?? t.Level },
        TicketEventType.Escalated => t with { Level = data.Level!.Value, Listed = true },
        TicketEventType.CallbackMissed => t with { CallbackMisses = t.CallbackMisses + 1, CallbackDay = t.CallbackDay ?? TicketGuards.Day(atMs) },
        TicketEventType.Merged => t with { MergedInto = data.Ticket, StateBefore = before.State, ClosedAtMs = atMs, Outcome = data.Outcome, Clocks = TicketClocks.Stop(t.Clocks, atMs) },
        TicketEventType.Unmerged => NewEpisode(t) with
        {
            MergedInto = null, StateBefore = null, ClosedAtMs = null, Outcome = null, AlarmCount = 0, Clocks = TicketClocks.Resume(t.Clocks, c => c.StoppedMs >= before.ClosedAtMs),
        },
        TicketEventType.AuditFlagged => t with { AuditFlag = true },
        TicketEventType.ModeChanged => t with { Mode = data.Mode!.Value },
        TicketEventType.OwnerAsked => t with { OwnerAsked = true },
        TicketEventType.OwnerFound => t with { OwnerAsked = false, Owner = data.Owner },
        _ => t,
    };

    private static TicketRecord Task(TicketRecord ticket, string? unit, Func<WhistleTask, WhistleTask> change) =>
        ticket with { Whistle = [.. (ticket.Whistle ?? []).Select(w => w.Unit == unit ? change(w) : w)] };
}
