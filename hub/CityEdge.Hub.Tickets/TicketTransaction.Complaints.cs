using CityEdge.Hub.Tickets.Store;

namespace CityEdge.Hub.Tickets;

/// <summary>Complaints.</summary>
public sealed partial class TicketTransaction
{
    /// <summary>
    /// Takes a complaint in. The same number of the same channel, or the same idempotency key, changes nothing and gives what is stored. It joins the incident that it is about (same category and place,
    /// from 7 days before its first alarm to 15 days after its end), else opens a ticket if it is news, else waits for an alarm.
    /// </summary>
    public ComplaintResult Add(ComplaintInput complaint) => new ComplaintDesk(Valid(), changes, nowMs).Add(complaint);

    /// <summary>Deletes who complained; false when that is unknown. The complaint, and what is counted of it, stays.</summary>
    public bool ForgetReporter(string complaintId) => ComplaintRows.Forget(Valid(), "complaint_id = $1", complaintId) > 0;

    /// <summary>Deletes who complained where that was stored before a time (Unix ms); gives how many.</summary>
    public int ForgetReportersBefore(long receivedMs) => ComplaintRows.Forget(Valid(), "received_at < $1", receivedMs);
}
