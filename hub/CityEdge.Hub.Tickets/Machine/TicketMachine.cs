using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Pure decisions over <see cref="TicketTable"/>: (ticket, what happened) → log lines. No clock, no I/O.</summary>
public static partial class TicketMachine
{
    private const string System = "system";

    /// <summary>T1: a new incident. The alarm has not been attached yet.</summary>
    public static TicketDecision Born(TicketOpening opening, AlarmFacts alarm)
    {
        var at = opening.RaisedAtMs;
        return new(
        [
            new(TicketEventType.Raised, null, TicketState.Candidate, at, System, "sensor", new TicketEventData { Opening = opening }),
            Joined(TicketState.Candidate, alarm, null, at),
        ]);
    }

    /// <summary>
    /// T4, T30, T37: an alarm to dispatch, on an incident that has a ticket. Nothing where the table has no cell or its guard fails, and after the reopen window (T39): then a new ticket is due.
    /// </summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="alarm">The alarm, not attached yet.</param>
    /// <param name="replaced">Earlier occurrence of the same rule and point in this episode, already cleared; null when none.</param>
    /// <param name="atMs">Event time of the news.</param>
    /// <param name="reopenMs">Reopen window of the alarm's rule.</param>
    /// <param name="facts">The plan of clocks, when it reopens.</param>
    public static TicketDecision AlarmRaised(TicketRecord ticket, AlarmFacts alarm, AlarmFacts? replaced, long atMs, long reopenMs, TicketFacts? facts = null)
    {
        var context = new TriggerContext(atMs, System, "sensor", reopenMs, new TicketEventData { Severity = alarm.Severity }) { Facts = facts ?? TicketFacts.None };
        if (Choose(ticket, TicketTrigger.AlarmRaised, context, out _) is not { Effects.Successor: false } cell) return TicketDecision.Nothing;
        var step = Take(cell, ticket, context);
        return new([.. step.Lines, Joined(cell.To, alarm, cell.Effects.NewEpisode ? null : replaced, atMs)]);
    }

    /// <summary>T41: an alarm of a ticket that was merged into this one. It has not been attached yet.</summary>
    public static TicketEventDraft Moved(TicketRecord into, AlarmFacts alarm, long atMs)
    {
        var joined = Joined(into.State, alarm, null, atMs);
        if (alarm.Active) return joined;
        return joined with { Data = joined.Data with { Severity = null, VerifyReadyMs = alarm.NoData ? alarm.ClearedAtMs : joined.Data.VerifyReadyMs } };
    }

    /// <summary>T42: it goes back. An alarm that ended meanwhile no longer counts there.</summary>
    public static TicketEventDraft MovedBack(TicketRecord from, AlarmFacts alarm, long atMs) => Same(from, TicketEventType.AlarmLeft, atMs, alarm, new()
    {
        SeverityBefore = alarm.Active ? alarm.Severity : null, Unverified = alarm is { Superseded: false, Verified: false } ? -1 : 0,
    });

    /// <summary>An attached alarm changed severity.</summary>
    public static TicketDecision SeverityChanged(TicketRecord ticket, AlarmFacts before, Severity severity, long atMs) => new(
        [Same(ticket, TicketEventType.AlarmSeverity, atMs, before, new() { SeverityBefore = before.Severity, Severity = severity })]);

    /// <summary>
    /// An attached alarm cleared; T3 when it was a candidate's last. One that is withdrawn, because its rule changed, will never be verified: it no longer
    /// counts, but proves nothing either.
    /// </summary>
    public static TicketDecision AlarmCleared(TicketRecord ticket, AlarmFacts before, long atMs, bool withdrawn = false)
    {
        var data = new TicketEventData { SeverityBefore = before.Severity };
        if (withdrawn && !before.Superseded) data = data with { Unverified = before.Verified ? 0 : -1 };
        else if (before.NoData && !before.Superseded) data = data with { Unverified = -1, VerifyReadyMs = atMs };
        var line = Same(ticket, TicketEventType.AlarmCleared, atMs, before, data);
        var after = TicketFold.Apply(ticket, ticket.Version + 1, line);
        if (after.Active.Total() > 0) return new([line]);
        return new([line, .. Trigger(after, TicketTrigger.AllCleared, new(atMs, System, "sensor", 0, new TicketEventData())).Lines]);
    }

    /// <summary>The verify condition of an attached value alarm is true since <paramref name="sinceMs"/>.</summary>
    public static TicketDecision VerifyBegan(TicketRecord ticket, AlarmFacts before, long sinceMs) => before.NoData || before.Superseded ? TicketDecision.Nothing : new(
        [Same(ticket, TicketEventType.VerifyBegan, sinceMs, before, new() { Unverified = before.Verified ? 0 : -1, VerifyReadyMs = sinceMs + before.VerifyForMs })]);

    /// <summary>The verify condition of an attached value alarm is false again.</summary>
    public static TicketDecision VerifyBroken(TicketRecord ticket, AlarmFacts before, long atMs) => before.NoData || before.Superseded || !before.Verified
        ? TicketDecision.Nothing
        : new([Same(ticket, TicketEventType.VerifyBroken, atMs, before, new() { Unverified = +1 })]);

    /// <summary>A deadline fell due; the line's time is the due time.</summary>
    public static TicketDecision Fire(TicketRecord ticket, TicketDeadline deadline, TicketFacts? facts = null) =>
        Trigger(ticket, TicketDeadline.Trigger(deadline.Kind), Timer(deadline, facts ?? TicketFacts.None));

    internal static TriggerContext Timer(TicketDeadline deadline, TicketFacts facts) =>
        new(deadline.DueMs, System, "timer", 0, new TicketEventData()) { Facts = facts with { Clock = TicketDeadline.ClockOf(deadline.Kind) } };

    /// <summary>What the hub itself found: the catalogue's answer, another operating mode, a resident's report. Nothing where the table does not have it.</summary>
    public static TicketDecision Trigger(TicketRecord ticket, TicketTrigger trigger, TriggerContext context) =>
        Choose(ticket, trigger, context, out _) is { } cell ? Take(cell, ticket, context) : TicketDecision.Nothing;

    /// <summary>A person's command. <paramref name="context"/> carries the reason and further arguments in its payload.</summary>
    public static TicketDecision Command(TicketRecord ticket, string name, TriggerContext context)
    {
        var state = TicketStates.Name(ticket.State);
        var allowed = TicketTable.AllowedCommands(ticket.State) is { Count: > 0 } names ? string.Join(", ", names) : "none";
        if (!TicketTable.Commands.TryGetValue(name, out var trigger))
        {
            return new([], $"There is no command {name}. Commands are {string.Join(", ", TicketTable.Commands.Keys.Order(StringComparer.Ordinal))}; allowed in state {state}: {allowed}.");
        }
        if (Choose(ticket, trigger, context, out var expected) is { } cell) return Take(cell, ticket, context);
        return new([], expected is null ? $"Command {name} is not allowed in state {state}. Allowed: {allowed}." : $"Command {name} in state {state} expects {expected}.");
    }

    /// <summary>The first cell whose guard holds; else null, with what the cells expected, or null where there is none.</summary>
    internal static TicketCell? Choose(TicketRecord ticket, TicketTrigger trigger, TriggerContext context, out string? expected)
    {
        expected = null;
        foreach (var cell in TicketTable.Find(ticket.State, trigger))
        {
            if (cell.Guard(ticket, context) is not { } refusal) return cell;
            if (expected is null) expected = refusal;
            else if (!expected.Contains(refusal, StringComparison.Ordinal)) expected += $"; or {refusal}";
        }
        return null;
    }

    private static TicketDecision Take(TicketCell cell, TicketRecord ticket, TriggerContext context)
    {
        if (cell.Event is not { } type) return TicketDecision.Nothing;
        var effects = cell.Effects;
        // States are entered in order even when clocks of several points differ: no duration is ever negative.
        var at = Math.Max(context.AtMs, ticket.StateAtMs);
        List<TicketEventDraft> lines = [];
        foreach (var skipped in effects.Skips ?? [])
        {
            lines.Add(new(TicketEventType.Skipped, ticket.State, ticket.State, at, context.Actor, context.Role, new TicketEventData { Step = skipped }));
        }
        var data = effects.Fill?.Invoke(ticket, context) ?? context.Data;
        if (effects.Clocks is { } moment && context.Facts.Plan?.Start(moment, ticket, data.Sla ?? ticket.Sla ?? ticket.Opening.Sla, at) is { Count: > 0 } clocks) data = data with { Clocks = [.. clocks] };
        if (type == TicketEventType.Opened) data = data with { Mode = context.Facts.Mode };
        data = data with { Outcome = effects.Outcome, VerifiedBy = effects.VerifiedBy, NewEpisode = effects.NewEpisode ? true : null };
        lines.Add(new(type, ticket.State, cell.To, at, context.Actor, context.Role, data, effects.NoticeOf?.Invoke(data) ?? effects.Notice));
        return new(lines);
    }

    private static TicketEventDraft Joined(TicketState state, AlarmFacts alarm, AlarmFacts? replaced, long atMs)
    {
        // Only the latest occurrence of a rule on a point is verified; an earlier one that was not yet true no longer counts.
        var unverified = (alarm.Verified ? 0 : 1) - (replaced is { Verified: false } ? 1 : 0);
        return new(TicketEventType.AlarmJoined, state, state, atMs, System, "sensor", new TicketEventData
        {
            Alarm = alarm.Id,
            Point = alarm.Point,
            Rule = alarm.Rule,
            Severity = alarm.Severity,
            Unverified = unverified,
            VerifyReadyMs = alarm.VerifySinceMs + alarm.VerifyForMs,
        });
    }

    private static TicketEventDraft Same(TicketRecord ticket, TicketEventType type, long atMs, AlarmFacts alarm, TicketEventData data) =>
        new(type, ticket.State, ticket.State, atMs, System, "sensor", data with { Alarm = alarm.Id, Point = alarm.Point, Rule = alarm.Rule });
}
