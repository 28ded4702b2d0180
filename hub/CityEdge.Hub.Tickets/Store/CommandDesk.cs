using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>People's commands, and tickets that they open, with what these do to other tickets: merging moves alarms, a faulty sensor gets a ticket of its own.</summary>
internal sealed class CommandDesk(SqlSession sql, ChangeSet changes, long nowMs, DeskFacts known, IncidentDesk desk)
{
    /// <summary>A point that no device has: what no sensor times goes by the wall clock.</summary>
    public const string WallClock = "hub/desk/clock";

    /// <summary>Null when done, else what was expected.</summary>
    public string? Execute(ref StoredTicket ticket, string name, TriggerContext context, double? distanceM)
    {
        var before = ticket;
        var into = name == "merge" && context.Args.Text("into") is { } target && target != ticket.Id ? TicketRows.Load(sql, target) : null;
        var twin = name is "unmerge" or "not-fixed" ? TicketRows.Live(sql, ticket.Record.Opening.IncidentKey) : null;
        var facts = known.Of(ticket.Record, dispatching: name == "dispatch") with
        {
            DistanceM = distanceM,
            TargetLive = into is not null && TicketStates.IsLive(into.Record.State),
            LiveTwin = twin is not null && twin.Id != ticket.Id ? twin.Record.Opening.No : null,
        };
        var decision = TicketMachine.Command(ticket.Record, name, context with { Facts = facts });
        if (decision.Refusal is { } refusal) return refusal;
        ticket = desk.Append(ticket, decision);
        // 确权: who owns it is known now, so perhaps who is responsible.
        if (name == "set-owner" && ticket.Record is { State: TicketState.Open, InTriage: true }) ticket = desk.Append(ticket, known.Routed(ticket.Record));
        switch (ticket.Record.State)
        {
            case TicketState.Merged when before.Record.State != TicketState.Merged:
                Move(before, into!, context);
                break;
            case not TicketState.Merged when before.Record.State == TicketState.Merged:
                ticket = MoveBack(before, ticket, context.AtMs);
                break;
            case TicketState.FalseAlarm when before.Record.State != TicketState.FalseAlarm && context.Args.Flag("sensor_faulty"):
                OpenForSensor(ticket, context);
                break;
        }
        return null;
    }

    public (StoredTicket? Ticket, string? Refusal) Open(TicketReport report)
    {
        if (TicketRows.Live(sql, report.IncidentKey) is { } live) return (null, $"Incident {report.IncidentKey} has the live ticket {live.Record.Opening.No}: link to it.");
        var id = TicketBirth.Id(report.IncidentKey, report.Key);
        if (TicketRows.Load(sql, id) is { } known) return (null, $"{report.Key} has opened ticket {known.Record.Opening.No} before.");
        var opening = new TicketOpening(
            id, TicketBirth.Number(sql, report.Site, report.AtMs), report.IncidentKey, report.Site, report.Asset, "", WallClock, report.Category, report.Title, report.Action,
            report.Sla ?? report.Severity.ToString(), report.Public, report.Origin, report.Severity, report.AtMs, report.AtMs, null, Parent: report.Parent, Areas: report.Areas.Count > 0 ? [.. report.Areas] : null, Owner: report.Owner);
        var data = new TicketEventData { Reason = report.Reason };
        if (report.Origin == TicketOrigin.Complaint) data = data with { ComplaintAtMs = report.AtMs, Contact = report.Contact ? true : null };
        return Born(opening, new TriggerContext(report.AtMs, report.Actor, report.Role, 0, data));
    }

    public bool LinkReport(string ticketId, string actor, string role, long complaintAtMs, bool contact)
    {
        if (TicketRows.Load(sql, ticketId) is not { } ticket) return false;
        var data = new TicketEventData { ComplaintAtMs = complaintAtMs, Contact = contact ? true : null };
        var decision = TicketMachine.Trigger(ticket.Record, TicketTrigger.ReportLinked, new(complaintAtMs, actor, role, 0, data) { Facts = known.Of(ticket.Record) });
        desk.Append(ticket, decision);
        return decision.Lines.Count > 0;
    }

    private (StoredTicket? Ticket, string? Refusal) Born(TicketOpening opening, TriggerContext context)
    {
        var parent = opening.Parent is { } id ? TicketRows.Load(sql, id)?.Record : null;
        var blank = new TicketRecord { Opening = opening, State = TicketState.Open, StateAtMs = context.AtMs, Severity = opening.Severity, Peak = opening.Severity, Version = 0 };
        var decision = TicketBirths.Born(opening, context with { Facts = known.Of(blank) }, parent);
        if (decision.Refusal is { } refusal) return (null, refusal);
        var ticket = TicketRows.Append(sql, null, decision.Lines, nowMs, changes);
        return (desk.Append(ticket, known.Routed(ticket.Record)), null);
    }

    /// <summary>T41: alarms that count follow, and whoever complained is heard by the other ticket.</summary>
    private void Move(StoredTicket from, StoredTicket into, TriggerContext context)
    {
        foreach (var alarm in AlarmRows.Counting(sql, from.Id, from.Record.Episode))
        {
            into = desk.Append(into, new([TicketMachine.Moved(into.Record, alarm, context.AtMs)]));
            AlarmRows.SetTicket(sql, alarm.Id, into.Id, into.Record.Episode);
            changes.Alarm(alarm.Id);
        }
        if (from.Record.FirstComplaintAtMs is { } complained) LinkReport(into.Id, context.Actor, context.Role, complained, from.Record.Contacts > 0);
    }

    /// <summary>T42: those of its alarms that are still with the other ticket come back.</summary>
    private StoredTicket MoveBack(StoredTicket merged, StoredTicket back, long atMs)
    {
        if (TicketRows.Load(sql, merged.Record.MergedInto!) is not { } other) return back;
        var mine = sql.All("SELECT payload FROM ticket_events WHERE ticket_id = $1 AND type = 'AlarmJoined'", row => row.GetString(0), merged.Id)
            .Select(payload => System.Text.Json.JsonSerializer.Deserialize<TicketEventData>(payload, TicketLog.Json)!.Alarm).ToHashSet();
        foreach (var alarm in AlarmRows.Counting(sql, other.Id, other.Record.Episode).Where(a => mine.Contains(a.Id)))
        {
            if (TicketStates.IsLive(other.Record.State)) other = desk.Append(other, new([TicketMachine.MovedBack(other.Record, alarm, atMs)]));
            back = desk.Append(back, new([TicketMachine.Moved(back.Record, alarm, atMs)]));
            AlarmRows.SetTicket(sql, alarm.Id, back.Id, back.Record.Episode);
            changes.Alarm(alarm.Id);
        }
        return back;
    }

    /// <summary>T29a: the fault is the sensor's.</summary>
    private void OpenForSensor(StoredTicket ticket, TriggerContext context)
    {
        var o = ticket.Record.Opening;
        var key = $"sensor.health|{o.Anchor}";
        if (TicketRows.Live(sql, key) is not null) return;
        var opening = new TicketOpening(
            TicketBirth.Id(key, $"{o.Id}|{ticket.Record.Version}"), TicketBirth.Number(sql, o.Site, context.AtMs), key, o.Site, o.Asset, "", WallClock, "sensor.health", new LocalizedText($"传感器故障：{o.Anchor}", $"Sensor at fault: {o.Anchor}"),
            new LocalizedText("检查或更换传感器", "Check or replace the sensor"), nameof(Severity.P4), false, TicketOrigin.Derived, Severity.P4, context.AtMs, context.AtMs, null, Parent: o.Id);
        Born(opening, new TriggerContext(context.AtMs, "system", "system", 0, new TicketEventData { Reason = context.Data.Reason }));
    }
}
