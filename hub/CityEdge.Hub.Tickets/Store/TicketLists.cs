using System.Text;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>Queries → pages.</summary>
internal static class TicketLists
{
    public static TicketPage Tickets(SqlSession sql, TicketQuery query)
    {
        var where = new Conditions();
        if (query.States is { Count: > 0 } states) where.AnyOf("state", states.Select(object? (s) => TicketStates.Name(s)));
        else where.Add("published = 1");
        if (query.Site is { } site) where.Add("site = ?", site);
        if (query.Category is { } category) where.Add("category = ?", category);
        if (query.Severity is { } severity) where.Add("severity = ?", (int)severity);
        if (query.Asset is { } asset) where.Add("asset = ?", asset);
        if (query.Unit is { } unit) where.Add("(json_extract(body, '$.lead') = ? OR json_extract(body, '$.offered') = ?)", unit, unit);
        if (query.InTriage) where.Add("live = 1 AND json_extract(body, '$.in_triage') = 1");
        if (!string.IsNullOrWhiteSpace(query.Q))
        {
            var like = $"%{query.Q.Trim().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
            where.Add("(no LIKE ? ESCAPE '\\' OR title_zh LIKE ? ESCAPE '\\' OR title_en LIKE ? ESCAPE '\\' OR asset LIKE ? ESCAPE '\\' OR rule LIKE ? ESCAPE '\\')", like, like, like, like, like);
        }
        var limit = where.Page(query.Cursor, query.Limit);
        var tickets = sql.All($"SELECT body FROM tickets WHERE {where}", row => TicketRows.Parse(row.GetString(0)), where.Args);
        string? next = null;
        if (tickets.Count > limit)
        {
            tickets.RemoveAt(limit);
            next = new PageCursor(tickets[^1].Opening.RaisedAtMs, tickets[^1].Opening.Id).ToString();
        }
        return new TicketPage([.. tickets.Select(t => TicketViews.View(sql, t, TicketViews.ListCap))], next);
    }

    public static AlarmPage Alarms(SqlSession sql, AlarmQuery query)
    {
        var where = new Conditions();
        if (query.State is { } state) where.Add("active = ?", state == AlarmState.Active ? 1 : 0);
        if (query.Rule is { } rule) where.Add("rule = ?", rule);
        if (query.Point is { } point) where.Add("point = ?", point.ToString());
        if (query.Ticket is { } ticket) where.Add("ticket_id = ?", ticket);
        var limit = where.Page(query.Cursor, query.Limit);
        var alarms = TicketViews.Alarms(sql, where.ToString(), where.Args);
        string? next = null;
        if (alarms.Count > limit)
        {
            alarms.RemoveAt(limit);
            next = new PageCursor(alarms[^1].RaisedAt.ToUnixTimeMilliseconds(), alarms[^1].Id).ToString();
        }
        return new AlarmPage(alarms, next);
    }

    public static ComplaintPage Complaints(SqlSession sql, ComplaintQuery query)
    {
        var where = new Conditions();
        if (query.Category is { } category) where.Add("c.category = ?", category);
        if (query.Channel is { } channel) where.Add("c.channel = ?", channel);
        if (query.Asset is { } asset) where.Add("c.asset = ?", asset);
        if (query.Ticket is { } ticket) where.Add("c.ticket_id = ?", ticket);
        if (query.HasTicket is { } has) where.Add(has ? "c.ticket_id IS NOT NULL" : "c.ticket_id IS NULL");
        if (query.FromMs is { } from) where.Add("c.at >= ?", from);
        if (query.ToMs is { } to) where.Add("c.at < ?", to);
        var limit = where.Page(query.Cursor, query.Limit, "c.at", "c.id");
        var complaints = ComplaintRows.List(sql, where.ToString(), where.Args);
        string? next = null;
        if (complaints.Count > limit)
        {
            complaints.RemoveAt(limit);
            next = new PageCursor(complaints[^1].At.ToUnixTimeMilliseconds(), complaints[^1].Id).ToString();
        }
        return new ComplaintPage(complaints, next);
    }

    /// <summary>A WHERE clause under construction; <c>?</c> becomes the next numbered parameter.</summary>
    private sealed class Conditions
    {
        private readonly StringBuilder text = new("1 = 1");
        private readonly List<object?> args = [];

        public ReadOnlySpan<object?> Args => args.ToArray();

        public void Add(string condition, params ReadOnlySpan<object?> values)
        {
            text.Append(" AND ");
            Numbered(condition, values);
        }

        public void AnyOf(string column, IEnumerable<object?> values)
        {
            var all = values.ToArray();
            Add($"{column} IN ({string.Join(", ", all.Select(_ => "?"))})", all);
        }

        /// <summary>Order, place and limit; asks for one row more than the page to know whether there is a next.</summary>
        public int Page(string? cursor, int limit, string at = "raised_at", string id = "id")
        {
            if (limit is < 1 or > 1000) throw new ArgumentOutOfRangeException(nameof(limit), limit, "limit is 1 to 1000.");
            if (cursor is not null)
            {
                if (!PageCursor.TryParse(cursor, out var place)) throw new ArgumentException($"'{cursor}' is not a cursor: pass the 'next' of the page before.", nameof(cursor));
                Add($"({at}, {id}) < (?, ?)", place.RaisedAtMs, place.Id);
            }
            Numbered($" ORDER BY {at} DESC, {id} DESC LIMIT ?", limit + 1);
            return limit;
        }

        public override string ToString() => text.ToString();

        private void Numbered(string sql, params ReadOnlySpan<object?> values)
        {
            var next = 0;
            foreach (var c in sql)
            {
                if (c != '?') text.Append(c);
                else
                {
                    args.Add(values[next++]);
                    text.Append('$').Append(args.Count);
                }
            }
        }
    }
}
