using CityEdge.Hub.Tickets.Machine;
using CityEdge.Hub.Tickets.Measures;
using CityEdge.Hub.Tickets.Store;

namespace CityEdge.Hub.Tickets;

/// <summary>What the measures read.</summary>
public sealed partial class TicketStore
{
    /// <summary>Incidents whose end falls into from ≤ t &lt; to (Unix ms), each folded from its log, in the order of their ends.</summary>
    public IReadOnlyList<IncidentFacts> Ended(long fromMs, long toMs) => Read(sql =>
    {
        // Category by category: the index that finds complaints' incidents has the end in it.
        var lines = sql.All(
            $"""
            WITH RECURSIVE named (category) AS (SELECT min(category) FROM tickets UNION ALL SELECT (SELECT min(t.category) FROM tickets t WHERE t.category > named.category) FROM named WHERE named.category IS NOT NULL),
                ended (id, closed_at) AS (SELECT t.id, t.closed_at FROM named JOIN tickets t ON t.category = named.category AND t.live = 0 AND t.closed_at >= $1 AND t.closed_at < $2)
            SELECT {string.Join(", ", TicketRows.EventColumns.Split(", ").Select(c => "e." + c))} FROM ended JOIN ticket_events e ON e.ticket_id = ended.id ORDER BY ended.closed_at, ended.id, e.seq
            """,
            TicketRows.Event, fromMs, toMs);
        var facts = new List<IncidentFacts>();
        for (var first = 0; first < lines.Count;)
        {
            var last = first;
            while (last < lines.Count && lines[last].TicketId == lines[first].TicketId) last++;
            if (IncidentFacts.Of(lines[first..last]) is { } incident) facts.Add(incident);
            first = last;
        }
        return facts;
    });

    /// <summary>Published tickets that are not over.</summary>
    public int OpenTickets(string? site) => Read(sql => sql.One("SELECT count(*) FROM tickets WHERE live = 1 AND published = 1 AND ($1 IS NULL OR site = $1)", row => (int)row.GetInt64(0), site));
}
