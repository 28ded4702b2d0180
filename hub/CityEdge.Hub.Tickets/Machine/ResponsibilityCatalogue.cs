namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Who is responsible for what, as one version. A ticket keeps the version that named its unit.</summary>
/// <param name="Version">Rises with every change.</param>
/// <param name="Rows">All rows.</param>
public sealed record ResponsibilityCatalogue(int Version, IReadOnlyList<ResponsibilityRow> Rows)
{
    /// <summary>The row that fits best on that day; of equal ones the earlier. Null: nobody, a person must choose.</summary>
    /// <param name="opening">Category, site, areas and owner of the ticket.</param>
    /// <param name="atMs">Event time, Unix ms.</param>
    public TicketAssignment? Find(TicketOpening opening, long atMs)
    {
        var day = DateOnly.FromDayNumber((int)TicketGuards.Day(atMs) + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber);
        string[] areas = [opening.Site, .. opening.Areas ?? []];
        ResponsibilityRow? best = null;
        var most = -1L;
        foreach (var row in Rows)
        {
            if (row.Fit(opening.Category, areas, opening.Owner ?? "unknown", day) is var fit && fit > most) (best, most) = (row, fit);
        }
        return best is null ? null : new TicketAssignment(best.Lead, best.CoUnits, Version, best.Sla, best.Photos);
    }
}
