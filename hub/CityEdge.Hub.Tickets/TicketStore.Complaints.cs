using CityEdge.Hub.Tickets.Store;

namespace CityEdge.Hub.Tickets;

/// <summary>Complaints.</summary>
public sealed partial class TicketStore
{
    /// <summary>Complaints, newest first.</summary>
    /// <exception cref="ArgumentException">The cursor is none (<see cref="IsCursor"/>), or the limit is out of range.</exception>
    public ComplaintPage Complaints(ComplaintQuery query) => Read(sql => TicketLists.Complaints(sql, query));

    /// <summary>One complaint; null when there is none.</summary>
    public ComplaintView? Complaint(string id) => Read(sql => ComplaintRows.One(sql, id));

    /// <summary>When and where people complained of a category, from ≤ t &lt; to (Unix ms), by time; only complaints that are work.</summary>
    public IReadOnlyList<ComplaintSighting> ComplaintSightings(string category, long fromMs, long toMs) => Read(sql => ComplaintRows.Sightings(sql, category, fromMs, toMs));
}
