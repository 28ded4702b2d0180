using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Complaints and incidents find each other, inside one work of the writer (domain T5, T38; §7 for the times).</summary>
internal sealed class ComplaintDesk(SqlSession sql, ChangeSet changes, long nowMs)
{
    private static readonly TimeSpan KeysKept = TimeSpan.FromDays(30);

    /// <summary>Incident keys of tickets that no rule has seen begin so.</summary>
    private const string KeyPrefix = "complaint|";

    /// <summary>Device under which they stand where a point is needed.</summary>
    private const string Device = "_complaint";

    /// <summary>Takes a complaint in: joins the incident that it is about, opens one, or keeps it until an alarm takes it up.</summary>
    public ComplaintResult Add(ComplaintInput c)
    {
        if (c.IdempotencyKey is { } key)
        {
            var (known, request) = sql.One("SELECT complaint_id, request FROM complaint_keys WHERE key = $1", row => (row.GetString(0), row.Bytes(1)), key);
            if (known is not null) return c.Request.Span.SequenceEqual(request) ? new(CommandOutcome.Replayed, ComplaintRows.One(sql, known)) : new(CommandOutcome.Refused, null);
        }
        if (c.ExternalId is { } number && ComplaintRows.BySource(sql, c.Channel, number) is { } stored) return new(CommandOutcome.Replayed, ComplaintRows.One(sql, stored));
        ComplaintRows.Insert(sql, c);
        if (c.IdempotencyKey is not null)
        {
            sql.Run("DELETE FROM complaint_keys WHERE recorded_at < $1", nowMs - (long)KeysKept.TotalMilliseconds);
            sql.Run("INSERT INTO complaint_keys (key, complaint_id, request, recorded_at) VALUES ($1, $2, $3, $4)", c.IdempotencyKey, c.Id, c.Request.ToArray(), nowMs);
        }
        if (ComplaintRows.IsWork(c.Kind))
        {
            if (Find(c.Category, c.AtMs, c.Place) is { } ticket)
            {
                // A candidate that was dropped would take its complaint with it, so there even old news acts. A ticket that ended reopens only if its incident has no other by now.
                var acts = TicketStates.IsLive(ticket.Record.State) || (c.IsNews && TicketRows.Live(sql, ticket.Record.Opening.IncidentKey) is null);
                Link(ticket, c.Id, c.AtMs, c.ClockOf(ChangeSet.Point(ticket.Record.Opening.Anchor)), acts, ComplaintLink.Existing);
            }
            else if (c.IsNews)
            {
                var born = TicketRows.Append(sql, null, TicketMachine.BornOfComplaint(Opening(c)).Lines, nowMs, changes);
                ComplaintRows.AddPlace(sql, born.Id, c.Place);
                Link(born, c.Id, c.AtMs, c.NowMs, acts: true, ComplaintLink.New);
            }
        }
        return new(CommandOutcome.Done, ComplaintRows.One(sql, c.Id));
    }

    /// <summary>
    /// An alarm of an incident without a live ticket: a live ticket that a complaint of the same place and category opened, and that no rule had seen, becomes the incident's. Null when there is none.
    /// </summary>
    public StoredTicket? Adopt(AlarmInput input)
    {
        if (Where(input) is not { } place) return null;
        var category = input.Policy.Category;
        var best = Rows(category, "t.live = 1 AND t.incident_key LIKE 'complaint|%'", [])
            .Select(row => (row.Ticket, row.RaisedAtMs, Near: ComplaintMatch.Nearness(place, row.Place), Time: ComplaintMatch.Timeliness(row.RaisedAtMs, input.Transition.RaisedAtMs, null, false)))
            .Where(row => row is { Near: not null, Time: not null })
            .OrderBy(row => row.Near).ThenBy(row => row.RaisedAtMs).ThenBy(row => row.Ticket, StringComparer.Ordinal).FirstOrDefault();
        if (best.Ticket is null) return null;
        var ticket = TicketRows.Load(sql, best.Ticket)!;
        ComplaintRows.AddPlace(sql, ticket.Id, place);
        return TicketRows.Append(sql, ticket, TicketMachine.IncidentNamed(ticket.Record, input.IncidentKey, input.Transition.AtMs).Lines, nowMs, changes);
    }

    /// <summary>A ticket that was born, or that came back, by an alarm: it is known where, and complaints of there that had no ticket join.</summary>
    public void TakeUp(string ticketId, AlarmInput input)
    {
        if (Where(input) is not { } place) return;
        ComplaintRows.AddPlace(sql, ticketId, place);
        var from = input.Transition.RaisedAtMs - (long)ComplaintMatch.Before.TotalMilliseconds;
        foreach (var complaint in ComplaintRows.Waiting(sql, input.Policy.Category, from, Math.Max(input.ArrivalMs, input.Transition.AtMs)))
        {
            if (ComplaintMatch.Nearness(place, complaint.Place) is null) continue;
            Link(TicketRows.Load(sql, ticketId)!, complaint.Id, complaint.AtMs, input.Transition.AtMs, acts: true, ComplaintLink.Existing);
        }
    }

    /// <summary>A silent sensor is nobody's complaint.</summary>
    private static CityPlace? Where(AlarmInput input) => input.Transition.NoData ? null : input.Place;

    private void Link(StoredTicket ticket, string complaint, long complaintAtMs, long eventNowMs, bool acts, ComplaintLink linked)
    {
        var known = new DeskFacts(sql);
        var after = TicketRows.Append(sql, ticket, TicketMachine.ComplaintLinked(ticket.Record, complaint, complaintAtMs, eventNowMs, acts, ComplaintRows.HasPhone(sql, complaint), known.Of(ticket.Record)).Lines, nowMs, changes);
        if (after.Record.State != ticket.Record.State && known.Routed(after.Record).Lines is { Count: > 0 } routed) TicketRows.Append(sql, after, routed, nowMs, changes);
        ComplaintRows.SetTicket(sql, complaint, ticket.Id, linked, nowMs);
    }

    /// <summary>The incident that a complaint is about: first by time, then by place, then the newest.</summary>
    private StoredTicket? Find(string category, long atMs, CityPlace place)
    {
        var (latest, earliest) = (atMs + (long)ComplaintMatch.Before.TotalMilliseconds, atMs - (long)ComplaintMatch.After.TotalMilliseconds);
        var best = Rows(category, "t.live = 1 AND t.raised_at <= $2", [latest]).Concat(Rows(category, "t.live = 0 AND t.state IN ('closed', 'self-cleared') AND t.closed_at >= $2 AND t.raised_at <= $3", [earliest, latest]))
            .Select(row => (row.Ticket, row.RaisedAtMs, row.Live, Near: ComplaintMatch.Nearness(row.Place, place), Time: ComplaintMatch.Timeliness(atMs, row.RaisedAtMs, row.ClosedAtMs, row.Closed), Metres: row.Place.MetresTo(place) ?? double.MaxValue))
            .Where(row => row is { Near: not null, Time: not null })
            .OrderBy(row => row.Time).ThenByDescending(row => row.Live).ThenBy(row => row.Near).ThenBy(row => row.Metres).ThenByDescending(row => row.RaisedAtMs).ThenBy(row => row.Ticket, StringComparer.Ordinal).FirstOrDefault();
        return best.Ticket is null ? null : TicketRows.Load(sql, best.Ticket);
    }

    private List<(string Ticket, CityPlace Place, long RaisedAtMs, long? ClosedAtMs, bool Live, bool Closed)> Rows(string category, string condition, object?[] args) => sql.All(
        $"SELECT t.id, p.asset, p.path, p.lat, p.long, t.raised_at, t.closed_at, t.live, t.state FROM tickets t JOIN ticket_places p ON p.ticket_id = t.id WHERE t.category = $1 AND {condition}",
        row => (row.GetString(0), ComplaintRows.Place(row.TextOrNull(1), row.GetString(2), row.DoubleOrNull(3), row.DoubleOrNull(4), false), row.GetInt64(5), row.LongOrNull(6), row.GetInt64(7) != 0, row.GetString(8) == "closed"),
        [category, .. args]);

    private TicketOpening Opening(ComplaintInput c)
    {
        var raised = Math.Min(c.AtMs, c.NowMs);
        var key = KeyPrefix + c.Id;
        return new TicketOpening(
            TicketBirth.Id(key, c.Id), TicketBirth.Number(sql, c.Site, raised), key, c.Site, c.Place.Asset, "complaint", new PointId(c.Site, Device, c.Id).ToString(), c.Category, c.Title, null,
            nameof(Severity.P3), Public: false, TicketOrigin.Complaint, Severity.P3, raised, raised, null);
    }
}
