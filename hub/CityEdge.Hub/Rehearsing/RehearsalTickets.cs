using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;
using Dapper;

namespace CityEdge.Hub.Rehearsing;

/// <summary>What tickets some alarms would give: the ticket room itself, on a store in memory, in which no crew acts.</summary>
internal static class RehearsalTickets
{
    private const int PerWork = 500;

    /// <summary>Applies transitions in the order of time and lets deadlines fire between. Gives the published ticket of each alarm, and when tickets were opened (event time, Unix ms).</summary>
    public static async Task<(Dictionary<string, (string Ticket, long OpenedAtMs)> ByAlarm, List<long> Opened)> RunAsync(IReadOnlyList<AlarmTransition> ordered, RuleDefinition rule, HubRegistry registry, long toMs, CancellationToken ct)
    {
        await using var store = TicketStore.OpenInMemory(TimeProvider.System);
        await store.WriteAsync(tx => tx.Connection.Execute("create index rehearsal_due on ticket_deadlines (due)", transaction: tx.Transaction), ct);
        for (var from = 0; from < ordered.Count; from += PerWork)
        {
            var part = ordered.Skip(from).Take(PerWork).ToList();
            await store.WriteAsync(
                tx =>
                {
                    foreach (var transition in part)
                    {
                        FireBefore(tx, transition.AtMs);
                        tx.Apply(TicketRouting.Input(transition, rule, registry, transition.AtMs));
                    }
                },
                ct);
        }
        await store.WriteAsync(tx => FireBefore(tx, toMs), ct);
        using var read = store.OpenRead();
        return (
            read.Query<(string Alarm, string Ticket, long Opened)>("select a.id, t.id, t.opened_at from alarms a join tickets t on t.id = a.ticket_id where t.opened_at is not null").ToDictionary(r => r.Alarm, r => (r.Ticket, r.Opened)),
            [.. read.Query<long>("select opened_at from tickets where opened_at is not null order by opened_at")]);
    }

    /// <summary>The hub's clock passes the deadlines on its way, whichever point they wait for.</summary>
    private static void FireBefore(TicketTransaction tx, long timeMs)
    {
        while (tx.Connection.QueryFirstOrDefault<(string? Anchor, long Due)>("select anchor, due from ticket_deadlines where due < @timeMs order by due limit 1", new { timeMs }, tx.Transaction) is { Anchor: { } anchor } next
            && PointId.TryParse(anchor, out var point))
        {
            tx.FireDeadlines(point, next.Due);
        }
    }
}
