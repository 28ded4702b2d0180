using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Rows → views.</summary>
internal static class TicketViews
{
    public const int OneCap = 1000;
    public const int ListCap = 100;

    private const string AlarmColumns = "id, rule, rule_version, point, asset, severity, active, raised_at, cleared_at, value, ticket_id, reason, standing, suppressed, suppressed_by, chattering, acked_at, acked_by, (SELECT until FROM shelves WHERE shelves.rule = alarms.rule AND shelves.point = alarms.point), "
        + "(SELECT at FROM alarm_acts a WHERE a.rule = alarms.rule AND a.point = alarms.point AND a.alarm = alarms.id AND a.action = 'SeenAtEdge'), (SELECT reason FROM alarm_acts a WHERE a.rule = alarms.rule AND a.point = alarms.point AND a.alarm = alarms.id AND a.action = 'SeenAtEdge')";

    public static TicketView? One(SqlSession sql, string id) =>
        sql.One("SELECT body FROM tickets WHERE id = $1", row => TicketRows.Parse(row.GetString(0)), id) is { } ticket ? View(sql, ticket, OneCap) : null;

    public static TicketView View(SqlSession sql, TicketRecord t, int cap)
    {
        var o = t.Opening;
        var alarms = sql.All($"SELECT {AlarmColumns} FROM alarms WHERE ticket_id = $1 ORDER BY raised_at DESC, id DESC LIMIT $2", Alarm, o.Id, cap);
        var lines = sql.All($"SELECT {TicketRows.EventColumns} FROM ticket_events WHERE ticket_id = $1 ORDER BY seq DESC LIMIT $2", row => Entry(TicketRows.Event(row)), o.Id, cap);
        alarms.Reverse();
        lines.Reverse();
        return new TicketView
        {
            Id = o.Id,
            No = o.No,
            State = t.State,
            Severity = t.Severity,
            Category = o.Category,
            Title = o.Title,
            Action = o.Action,
            Site = o.Site,
            Asset = o.Asset,
            Rule = o.Rule,
            Origin = o.Origin,
            Sla = o.Sla,
            Public = o.Public && !t.AuditFlag,
            RaisedAt = Time(o.RaisedAtMs),
            OpenedAt = Time(t.OpenedAtMs),
            AcceptedAt = Time(t.AcceptedAtMs),
            FixedAt = Time(t.FixedAtMs),
            ClosedAt = Time(t.ClosedAtMs),
            Outcome = t.Outcome,
            VerifiedBy = t.VerifiedBy,
            FirstComplaintAt = Time(t.FirstComplaintAtMs),
            Complaints = t.ComplaintCount,
            LeadSeconds = ComplaintMeasures.LeadMs(t) / 1000.0,
            HandledFirst = ComplaintMeasures.IsValid(t) ? ComplaintMeasures.HandledFirst(t) : null,
            ReopenCount = t.ReopenCount,
            VerifyOverdue = t.VerifyOverdue,
            AlarmCount = t.AlarmCount,
            Alarms = alarms,
            Lead = t.Lead,
            Offered = t.Offered,
            CoUnits = t.CoUnits,
            Catalogue = t.Catalogue,
            InTriage = t.InTriage,
            Returns = t.Returns,
            Crew = t.Crew,
            Level = t.Level,
            Listed = t.Listed,
            Clocks = t.Clocks?.Select(c => new ClockView(c.Name, Time(c.StartMs), Time(c.DueMs()), Time(c.PromisedMs), Time(c.StoppedMs), c.Fired > 0 ? c.Marks[c.Fired - 1].Percent : 0)).ToList(),
            Whistle = t.Whistle?.Select(w => new WhistleView(w.Unit, Time(w.ReportByMs), Time(w.ReportedMs), w.Remote, w.Late, Time(w.DoneMs))).ToList(),
            HoldUntil = Time(t.HoldUntilMs),
            ExtensionAsked = Time(t.ExtensionMs),
            FalseAlarmProposed = t.FalseAlarmProposed,
            MergedInto = t.MergedInto,
            Previous = o.Previous,
            Parent = o.Parent,
            AuditFlag = t.AuditFlag,
            Mode = t.Mode,
            OwnerAsked = t.OwnerAsked,
            Owner = t.Owner,
            Due = TicketDeadline.Of(t).ToDictionary(d => DueName(d.Kind), d => Time(TicketDeadline.ClockOf(d.Kind) is { } clock ? t.Clock(clock)!.DueMs() : d.DueMs)),
            Timeline = lines,
            Version = t.Version,
            Commands = TicketTable.AllowedCommands(t.State),
            Anchor = ChangeSet.Point(o.Anchor),
            IncidentKey = o.IncidentKey,
        };
    }

    public static AlarmView? OneAlarm(SqlSession sql, string id) => sql.One($"SELECT {AlarmColumns} FROM alarms WHERE id = $1", Alarm, id);

    public static List<AlarmView> Alarms(SqlSession sql, string where, ReadOnlySpan<object?> args) =>
        sql.All($"SELECT {AlarmColumns} FROM alarms WHERE {where}", Alarm, args);

    private static TimelineEntry Entry(TicketEvent line)
    {
        var data = TicketLog.Data(line);
        return new TimelineEntry
        {
            Seq = line.Seq,
            Type = line.Type,
            Actor = line.Actor,
            Role = line.Role,
            At = Time(line.AtMs),
            RecordedAt = Time(line.RecordedAtMs),
            HappenedAt = Time(data.HappenedAtMs),
            From = line.From,
            To = line.To,
            Step = data.Step,
            Alarm = data.Alarm,
            Point = data.Point,
            Rule = data.Rule,
            Severity = data.Severity,
            Reason = data.Reason,
            Args = data.Args,
            Outcome = data.Outcome,
            VerifiedBy = data.VerifiedBy,
            Complaint = data.Complaint,
            Unit = data.Unit,
            Units = data.Units,
            Crew = data.Crew,
            Level = data.Level,
            Clock = data.Clock,
            Percent = data.Percent,
            LateMs = data.LateMs,
            Until = Time(data.UntilMs),
            Ticket = data.Ticket,
            Answer = data.Answer,
            Owner = data.Owner,
            Hash = Convert.ToHexStringLower(line.Hash),
        };
    }

    private static AlarmView Alarm(SqliteDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetString(3), row.TextOrNull(4), (Severity)row.GetInt64(5),
        row.GetInt64(6) != 0 ? AlarmState.Active : AlarmState.Cleared, Time(row.GetInt64(7)), Time(row.LongOrNull(8)), row.DoubleOrNull(9), row.TextOrNull(10),
        Enum.Parse<AlarmReason>(row.GetString(11)),
        Standing(row.GetInt64(6) != 0, row.TextOrNull(12)),
        row.TextOrNull(13) is { } suppressed ? Enum.Parse<SuppressionReason>(suppressed) : null, row.TextOrNull(14), row.GetInt64(15) != 0, Time(row.LongOrNull(16)), row.TextOrNull(17), Time(row.LongOrNull(18)))
    {
        EdgeAt = Time(row.LongOrNull(19)),
        EdgeLink = row.TextOrNull(20),
    };

    /// <summary>A row that the desk never wrote on, or that ended without it, stands as active says.</summary>
    private static AlarmStanding Standing(bool active, string? stored)
    {
        var standing = stored is null ? AlarmStanding.ActiveUnack : Enum.Parse<AlarmStanding>(stored);
        return active || standing == AlarmStanding.RtnUnack ? standing : AlarmStanding.Normal;
    }

    private static string DueName(TicketDeadlineKind kind) => kind switch
    {
        TicketDeadlineKind.Wait => "wait",
        TicketDeadlineKind.Verify => "verify",
        TicketDeadlineKind.SelfClear => "self_clear",
        TicketDeadlineKind.VerifyLimit => "verify_limit",
        TicketDeadlineKind.HoldUntil => "hold_until",
        TicketDeadlineKind.WhistleReport => "report_in",
        _ => TicketDeadline.ClockOf(kind) ?? throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    private static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private static DateTimeOffset? Time(long? ms) => ms is { } value ? Time(value) : null;
}
