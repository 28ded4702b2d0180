using CityEdge.Hub.Tickets;
using Dapper;

namespace CityEdge.Hub.Api;

/// <summary>Counts for the console's head line and for gauges. Handled before a complaint: closed as fixed or self-cleared, and nobody had complained.</summary>
public sealed record TicketCounts(long AlarmsActive, long TicketsOpen, long TicketsClosed, long HandledBeforeComplaint)
{
    internal static TicketCounts Read(TicketStore store)
    {
        using var read = store.OpenRead();
        var row = read.QuerySingle(
            """
            select (select count(*) from alarms where active = 1) as alarms,
                   (select count(*) from tickets where live = 1 and published = 1) as open,
                   (select count(*) from tickets where live = 0 and published = 1) as closed,
                   (select count(*) from tickets where state in ('closed', 'self-cleared') and first_complaint_at is null) as before
            """);
        return new TicketCounts((long)row.alarms, (long)row.open, (long)row.closed, (long)row.before);
    }
}
