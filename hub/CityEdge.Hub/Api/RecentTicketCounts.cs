using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Api;

/// <summary>The counts of alarms and tickets, read again only when a commit has changed something: scrapes and many open consoles cost one reading of the tables a change.</summary>
public sealed class RecentTicketCounts
{
    private readonly TicketStore store;
    private readonly Lock gate = new();
    private TicketCounts? counts;
    private long readAt;
    private long commits;

    public RecentTicketCounts(TicketStore store)
    {
        this.store = store;
        store.Committed += _ => Interlocked.Increment(ref commits);
    }

    public TicketCounts Now()
    {
        lock (gate)
        {
            // Taken before reading: a commit meanwhile makes the next call read again.
            var now = Interlocked.Read(ref commits);
            if (counts is not null && readAt == now) return counts;
            counts = TicketCounts.Read(store);
            readAt = now;
            return counts;
        }
    }
}
