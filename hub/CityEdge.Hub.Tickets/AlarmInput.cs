using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>One alarm transition as the rule consumer hands it over.</summary>
/// <param name="Transition">What the rule engine says.</param>
/// <param name="Policy">Ticket part of the rule, defaults filled in.</param>
/// <param name="IncidentKey">Names the one real-world problem, e.g. <c>category|ancestor asset</c>: one live ticket per key.</param>
/// <param name="Site">Site of the point.</param>
/// <param name="Asset">Asset of the point; null when none.</param>
/// <param name="ArrivalMs">When the deciding reading arrived, Unix ms.</param>
/// <param name="Place">Where the incident is, for complaints of it; null: complaints never join it.</param>
public sealed record AlarmInput(AlarmTransition Transition, TicketPolicy Policy, string IncidentKey, string Site, string? Asset, long ArrivalMs, CityPlace? Place = null)
{
    /// <summary>Grid and area labels of the asset, for the responsibility catalogue.</summary>
    public IReadOnlyList<string> Areas { get; init; } = [];

    /// <summary>Owner of the asset; null: unknown.</summary>
    public string? Owner { get; init; }
}
