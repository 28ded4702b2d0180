using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Alarm transitions and due deadlines → tickets, inside one work of the writer.</summary>
internal sealed class IncidentDesk(SqlSession sql, ChangeSet changes, long nowMs, DeskFacts known)
{
    private readonly ComplaintDesk complaints = new(sql, changes, nowMs);

    /// <summary>A timer that fires more than this after it was due is told to be late, ms.</summary>
    private const long MisfireMs = 60_000;

    public void Apply(AlarmInput input)
    {
        var t = input.Transition;
        // What is revised may be said twice, when it was otherwise in between; doing it again changes nothing.
        if (!AlarmRows.FirstTime(sql, input, nowMs) && t.Reason != AlarmReason.Revised) return;
        var alarm = AlarmRows.Load(sql, t.AlarmId);
        changes.Alarm(t.AlarmId);
        switch (t.Change)
        {
            case AlarmChange.Raised or AlarmChange.SeverityChanged or AlarmChange.CaughtUp or AlarmChange.Offered when alarm is null:
                Raise(input);
                break;
            case AlarmChange.CaughtUp or AlarmChange.Offered when alarm is { Active: true, Ticket: null }:
                AlarmRows.SetDispatched(sql, alarm.Id, t.Severity, t.Reason);
                Dispatch(alarm with { Severity = t.Severity }, input);
                break;
            case AlarmChange.SeverityChanged when alarm!.Active:
                AlarmRows.SetSeverity(sql, alarm.Id, t.Severity, t.Value, t.Reason);
                if (alarm.Severity != t.Severity && OnTicket(alarm, t.AtMs) is { } working)
                {
                    Settle(Append(working, TicketMachine.SeverityChanged(working.Record, alarm, t.Severity, t.AtMs)), alarm.Point, t.AtMs);
                }
                break;
            case AlarmChange.Cleared when alarm is null:
                // Its raise was never heard: keep the fact, open nothing.
                AlarmRows.Insert(sql, input, active: false, t.AtMs);
                break;
            case AlarmChange.Cleared when alarm.Active:
                Clear(alarm, t.AtMs, t.Reason);
                break;
            case AlarmChange.Raised when alarm is { Active: false } && t.Reason == AlarmReason.Revised:
                Reopen(alarm, input);
                break;
            case AlarmChange.Cleared when t.Reason == AlarmReason.Revised:
                // It was over at another time than told.
                AlarmRows.SetCleared(sql, alarm.Id, t.AtMs, t.Reason);
                break;
            case AlarmChange.VerifyBegan when alarm is not null:
                AlarmRows.SetVerify(sql, alarm.Id, t.AtMs);
                if (OnTicket(alarm, t.AtMs) is { } proving) Settle(Append(proving, TicketMachine.VerifyBegan(proving.Record, alarm, t.AtMs)), alarm.Point, t.AtMs);
                break;
            case AlarmChange.VerifyBroken when alarm is not null:
                // The ticket first closes if the condition had held for long enough before it broke.
                var broken = OnTicket(alarm, t.AtMs);
                AlarmRows.SetVerify(sql, alarm.Id, null);
                if (broken is not null) Append(broken, TicketMachine.VerifyBroken(broken.Record, alarm, t.AtMs));
                break;
        }
    }

    /// <summary>Fires the deadlines of a point that are due, in due order; a firing may set further ones.</summary>
    public void FireDeadlines(string anchor, long eventNowMs)
    {
        while (sql.One("SELECT ticket_id, kind, due FROM ticket_deadlines WHERE anchor = $1 AND due <= $2 ORDER BY due, ticket_id, kind LIMIT 1",
            row => (Ticket: row.GetString(0), Kind: (TicketDeadlineKind)row.GetInt64(1), Due: row.GetInt64(2)), anchor, eventNowMs) is { Ticket: not null } due)
        {
            Fire(TicketRows.Load(sql, due.Ticket)!, new(due.Kind, due.Due, anchor), eventNowMs);
        }
    }

    /// <summary>After a command: closes at once when the sensors had agreed already.</summary>
    public StoredTicket SettleCommand(StoredTicket ticket, long eventNowMs)
    {
        foreach (var due in TicketDeadline.Of(ticket.Record).Where(d => d.Kind == TicketDeadlineKind.Verify && d.DueMs <= eventNowMs)) return Fire(ticket, due, eventNowMs);
        return ticket;
    }

    private void Raise(AlarmInput input)
    {
        var t = input.Transition;
        if (AlarmRows.ActiveOn(sql, t.Rule, t.Point.ToString(), t.NoData) is { } earlier)
        {
            if (earlier.RaisedAtMs > t.RaisedAtMs)
            {
                // Came after its successor: it was over by then.
                AlarmRows.Insert(sql, input, active: false, earlier.RaisedAtMs);
                return;
            }
            Clear(earlier, t.RaisedAtMs, AlarmReason.RuleChanged);
        }
        var alarm = AlarmRows.Insert(sql, input, active: true, null);
        if (t.Dispatch) Dispatch(alarm, input);
    }

    /// <summary>An event that came late shows that the alarm has not cleared.</summary>
    private void Reopen(AlarmFacts cleared, AlarmInput input)
    {
        var t = input.Transition;
        if (AlarmRows.ActiveOn(sql, t.Rule, t.Point.ToString(), t.NoData) is not null) return;
        AlarmRows.SetReopened(sql, cleared.Id, t.Severity, t.Reason);
        if (t.Dispatch) Dispatch(cleared with { Active = true, ClearedAtMs = null, Severity = t.Severity, Superseded = false }, input, cleared);
    }

    private void Dispatch(AlarmFacts alarm, AlarmInput input, AlarmFacts? before = null)
    {
        var t = input.Transition;
        var ticket = TicketRows.Live(sql, input.IncidentKey) ?? TicketRows.MergedInto(sql, input.IncidentKey);
        if (ticket is not null) ticket = Settle(ticket, alarm.Point, t.AtMs);
        // Settling may have ended it, and a ticket that ended may be reopened.
        if (ticket is null || !TicketStates.IsLive(ticket.Record.State)) ticket = complaints.Adopt(input) ?? TicketRows.LastFinished(sql, input.IncidentKey);
        if (ticket is not null)
        {
            // One that is raised again takes its own place.
            var again = before is { Superseded: false } && before.Ticket == ticket.Id && before.Episode == ticket.Record.Episode;
            var replaced = again ? before : AlarmRows.Replaced(sql, ticket.Id, ticket.Record.Episode, alarm);
            var decision = TicketMachine.AlarmRaised(ticket.Record, alarm, replaced, t.AtMs, (long)input.Policy.Reopen.TotalMilliseconds, known.Of(ticket.Record));
            if (decision.Lines.Count > 0)
            {
                if (replaced is not null && !again) AlarmRows.SetSuperseded(sql, replaced.Id);
                Attach(Append(ticket, decision), alarm, t.AtMs);
                if (!TicketStates.IsLive(ticket.Record.State)) complaints.TakeUp(ticket.Id, input);
                return;
            }
        }
        // T39: what is still there could not be reopened.
        var opening = TicketBirth.Opening(sql, alarm, input) with { Previous = ticket?.Id };
        var born = TicketRows.Append(sql, null, TicketMachine.Born(opening, alarm).Lines, nowMs, changes);
        Attach(born, alarm, t.AtMs);
        complaints.TakeUp(born.Id, input);
    }

    private void Attach(StoredTicket ticket, AlarmFacts alarm, long atMs)
    {
        AlarmRows.SetTicket(sql, alarm.Id, ticket.Id, ticket.Record.Episode);
        Settle(ticket, alarm.Point, atMs);
    }

    private void Clear(AlarmFacts alarm, long atMs, AlarmReason reason)
    {
        var ticket = OnTicket(alarm, atMs);
        // One that never was proves nothing, as one that is no longer followed.
        var withdrawn = reason == AlarmReason.RuleChanged || (reason == AlarmReason.Revised && atMs <= alarm.RaisedAtMs);
        AlarmRows.SetCleared(sql, alarm.Id, atMs, reason);
        if (withdrawn) AlarmRows.SetSuperseded(sql, alarm.Id);
        changes.Alarm(alarm.Id);
        if (ticket is not null) Settle(Append(ticket, TicketMachine.AlarmCleared(ticket.Record, alarm, atMs, withdrawn)), alarm.Point, atMs);
    }

    /// <summary>The live ticket on which the alarm still counts, with what fell due on the alarm's point before the news already done; else null.</summary>
    private StoredTicket? OnTicket(AlarmFacts alarm, long atMs)
    {
        if (alarm.Ticket is null || TicketRows.Load(sql, alarm.Ticket) is not { } ticket || !Counts(ticket)) return null;
        ticket = Settle(ticket, alarm.Point, atMs);
        return Counts(ticket) ? ticket : null;

        bool Counts(StoredTicket on) => TicketStates.IsLive(on.Record.State) && on.Record.Episode == alarm.Episode;
    }

    private StoredTicket Settle(StoredTicket ticket, string point, long atMs)
    {
        while (true)
        {
            TicketDeadline? next = null;
            foreach (var due in TicketDeadline.Of(ticket.Record))
            {
                if (due.Anchor == point && due.DueMs <= atMs && (next is null || due.DueMs < next.Value.DueMs)) next = due;
            }
            if (next is null) return ticket;
            ticket = Fire(ticket, next.Value, atMs);
        }
    }

    /// <param name="ticket">The ticket.</param>
    /// <param name="deadline">What fell due.</param>
    /// <param name="atMs">Event time at which that is noticed: more than a minute after is a misfire, and told.</param>
    private StoredTicket Fire(StoredTicket ticket, TicketDeadline deadline, long atMs)
    {
        var late = atMs - deadline.DueMs;
        var decision = TicketMachine.Fire(ticket.Record, deadline, known.Of(ticket.Record) with { LateMs = late > MisfireMs ? late : null });
        // A deadline that fires without effect would fire for ever.
        if (decision.Lines.Count == 0) throw new InvalidOperationException($"Deadline {deadline.Kind} of ticket {ticket.Id} does nothing in state {TicketStates.Name(ticket.Record.State)}.");
        return Append(ticket, decision);
    }

    /// <summary>Writes what was decided. A ticket that comes to be open by it goes to who is responsible.</summary>
    public StoredTicket Append(StoredTicket ticket, TicketDecision decision)
    {
        if (decision.Lines.Count == 0) return ticket;
        var after = TicketRows.Append(sql, ticket, decision.Lines, nowMs, changes);
        return after.Record.State != ticket.Record.State && after.Record.State is TicketState.Open or TicketState.Reopened ? Append(after, known.Routed(after.Record)) : after;
    }
}
