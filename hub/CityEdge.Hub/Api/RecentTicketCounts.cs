using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Api;

/// <summary>The counts of alarms and tickets, at most one second old: scrapes and many open consoles cost one reading of the tables a second.</summary>
public sealed class RecentTicketCounts(TicketStore store)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private TicketCounts? counts;
    private long readAt;

    public TicketCounts Now()
    {
        lock (gate)
        {
            if (counts is not null && TimeProvider.System.GetElapsedTime(readAt) < Fresh) return counts;
            counts = TicketCounts.Read(store);
            readAt = TimeProvider.System.GetTimestamp();
            return counts;
        }
    }
}
