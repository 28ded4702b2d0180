using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>A ticket as stored: the fold of its log, and the last hash of it.</summary>
internal sealed record StoredTicket(TicketRecord Record, byte[] Head)
{
    public string Id => Record.Opening.Id;
}

/// <summary>Rows of <c>tickets</c>, <c>ticket_events</c>, <c>ticket_deadlines</c> and <c>notices</c>. Every change goes through <see cref="Append"/>.</summary>
internal static class TicketRows
{
    public static StoredTicket? Load(SqlSession sql, string id) => sql.One("SELECT body, last_hash FROM tickets WHERE id = $1", Map, id);

    public static StoredTicket? Live(SqlSession sql, string incidentKey) =>
        sql.One("SELECT body, last_hash FROM tickets WHERE incident_key = $1 AND live = 1", Map, incidentKey);

    /// <summary>The incident's ticket that ended last in a way that a new alarm can reopen.</summary>
    public static StoredTicket? LastFinished(SqlSession sql, string incidentKey) => sql.One(
        "SELECT body, last_hash FROM tickets WHERE incident_key = $1 AND live = 0 AND state IN ('closed', 'self-cleared') ORDER BY closed_at DESC, id LIMIT 1", Map, incidentKey);

    /// <summary>The live ticket that the incident's last ticket became part of; null when that is not how it ended.</summary>
    public static StoredTicket? MergedInto(SqlSession sql, string incidentKey) =>
        sql.One("SELECT body, last_hash FROM tickets WHERE incident_key = $1 AND live = 0 AND state <> 'dropped' ORDER BY closed_at DESC, id LIMIT 1", Map, incidentKey) is { Record.MergedInto: { } into }
        && Load(sql, into) is { } target && TicketStates.IsLive(target.Record.State) ? target : null;

    public static TicketRecord Parse(string body) => JsonSerializer.Deserialize<TicketRecord>(body, TicketLog.Json)!;

    public static string Write(TicketRecord ticket) => JsonSerializer.Serialize(ticket, TicketLog.Json);

    public static TicketEvent Event(SqliteDataReader row) => new(
        row.GetString(0), row.GetInt64(1), Enum.Parse<TicketEventType>(row.GetString(2)), row.GetString(3), row.GetString(4), row.GetInt64(5), row.GetInt64(6),
        TicketStates.TryParse(row.TextOrNull(7), out var from) ? from : null,
        TicketStates.TryParse(row.GetString(8), out var to) ? to : throw new InvalidDataException($"ticket {row.GetString(0)} line {row.GetInt64(1)}: unknown state {row.GetString(8)}"),
        row.GetString(9), row.Bytes(10), row.Bytes(11));

    public const string EventColumns = "ticket_id, seq, type, actor, role, at, recorded_at, state_from, state_to, payload, prev_hash, hash";

    /// <summary>Writes decided lines, the ticket they fold to, its deadlines and its notices.</summary>
    public static StoredTicket Append(SqlSession sql, StoredTicket? before, IReadOnlyList<TicketEventDraft> lines, long nowMs, ChangeSet changes)
    {
        var ticket = before?.Record;
        var head = before?.Head ?? TicketLog.Genesis;
        var id = ticket?.Opening.Id ?? lines[0].Data.Opening!.Id;
        foreach (var draft in lines)
        {
            var line = TicketLog.Append(id, (ticket?.Version ?? 0) + 1, draft, nowMs, head);
            ticket = TicketFold.Apply(ticket, line.Seq, draft);
            head = line.Hash;
            sql.Run($"INSERT INTO ticket_events ({EventColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                id, line.Seq, line.Type.ToString(), line.Actor, line.Role, line.AtMs, line.RecordedAtMs,
                line.From is { } from ? TicketStates.Name(from) : null, TicketStates.Name(line.To), line.Payload, line.PrevHash, line.Hash);
            if (draft.Notice is { } notice)
            {
                sql.Run("INSERT INTO notices (ticket_id, seq, kind, at, created) VALUES ($1, $2, $3, $4, $5)", id, line.Seq, notice.ToString(), line.AtMs, nowMs);
            }
        }
        var after = new StoredTicket(ticket!, head);
        Save(sql, before is null, after);
        SaveDeadlines(sql, id, before is null ? [] : TicketDeadline.Of(before.Record), TicketDeadline.Of(ticket!), changes);
        changes.Ticket(id);
        return after;
    }

    private static void Save(SqlSession sql, bool isNew, StoredTicket stored)
    {
        var t = stored.Record;
        int live = TicketStates.IsLive(t.State) ? 1 : 0, published = TicketStates.IsPublished(t.State) ? 1 : 0;
        if (isNew)
        {
            var o = t.Opening;
            sql.Run(
                """
                INSERT INTO tickets (id, no, incident_key, category, site, asset, rule, title_zh, title_en, origin, anchor, raised_at,
                    live, published, state, severity, opened_at, closed_at, outcome, first_complaint_at, reopen_count, version, last_hash, body)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
                """,
                o.Id, o.No, o.IncidentKey, o.Category, o.Site, o.Asset, o.Rule, o.Title.Zh, o.Title.En, o.Origin.ToString(), o.Anchor, o.RaisedAtMs,
                live, published, TicketStates.Name(t.State), (int)t.Severity, t.OpenedAtMs, t.ClosedAtMs, t.Outcome?.ToString(), t.FirstComplaintAtMs, t.ReopenCount,
                t.Version, stored.Head, Write(t));
            return;
        }
        sql.Run(
            """
            UPDATE tickets SET live = $2, published = $3, state = $4, severity = $5, opened_at = $6, closed_at = $7, outcome = $8, first_complaint_at = $9,
                reopen_count = $10, version = $11, last_hash = $12, body = $13, incident_key = $14 WHERE id = $1
            """,
            stored.Id, live, published, TicketStates.Name(t.State), (int)t.Severity, t.OpenedAtMs, t.ClosedAtMs, t.Outcome?.ToString(), t.FirstComplaintAtMs, t.ReopenCount,
            t.Version, stored.Head, Write(t), t.Opening.IncidentKey);
    }

    private static void SaveDeadlines(SqlSession sql, string id, IReadOnlyList<TicketDeadline> before, IReadOnlyList<TicketDeadline> after, ChangeSet changes)
    {
        if (before.SequenceEqual(after)) return;
        foreach (var old in before)
        {
            sql.Run("DELETE FROM ticket_deadlines WHERE ticket_id = $1 AND kind = $2", id, (int)old.Kind);
            changes.Anchor(old.Anchor);
        }
        foreach (var due in after)
        {
            sql.Run("INSERT INTO ticket_deadlines (ticket_id, kind, due, anchor) VALUES ($1, $2, $3, $4)", id, (int)due.Kind, due.DueMs, due.Anchor);
            changes.Anchor(due.Anchor);
        }
    }

    private static StoredTicket Map(SqliteDataReader row) => new(Parse(row.GetString(0)), row.Bytes(1));
}
