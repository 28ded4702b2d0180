namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Who is to handle a ticket.</summary>
/// <param name="Lead">The one unit that is responsible.</param>
/// <param name="CoUnits">Co-handling units; with any the dispatch is dual.</param>
/// <param name="Catalogue">Version of the catalogue that says so; null: a person.</param>
/// <param name="Sla">SLA set that the catalogue names instead of the rule's; null: the rule's.</param>
/// <param name="NeedsPhotos">Work begins and ends with a photo.</param>
public sealed record TicketAssignment(string Lead, ValueList<string> CoUnits, int? Catalogue = null, string? Sla = null, bool NeedsPhotos = false)
{
    /// <summary>直派 or 双派.</summary>
    public DispatchMode Mode() => CoUnits.Count > 0 ? DispatchMode.Dual : DispatchMode.Direct;
}
