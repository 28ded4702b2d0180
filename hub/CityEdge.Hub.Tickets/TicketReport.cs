using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>A ticket to open without an alarm: a complaint (T5), a plan (T6), what follows from another ticket (T7).</summary>
/// <param name="Origin">Which of them.</param>
/// <param name="Key">Names the report, plan date or parent: the same key and incident name the same ticket.</param>
/// <param name="IncidentKey">The one real-world problem; a live ticket on it is refused, link to that one instead.</param>
/// <param name="Actor">User name.</param>
/// <param name="Role">Role, e.g. <c>resident</c>, <c>scheduler</c>, <c>manager</c>.</param>
/// <param name="AtMs">When it was told, Unix ms.</param>
public sealed record TicketReport(
    TicketOrigin Origin, string Key, string IncidentKey, string Site, string? Asset, string Category, LocalizedText Title, Severity Severity, string Actor, string Role, long AtMs)
{
    /// <summary>SLA set; null: named as the severity.</summary>
    public string? Sla { get; init; }

    public LocalizedText? Action { get; init; }

    /// <summary>May be shown on kiosk walls.</summary>
    public bool Public { get; init; }

    /// <summary>Grid and area labels of the place, for the responsibility catalogue.</summary>
    public IReadOnlyList<string> Areas { get; init; } = [];

    /// <summary>Owner of the asset; null: unknown.</summary>
    public string? Owner { get; init; }

    /// <summary>T7: the ticket that it follows from.</summary>
    public string? Parent { get; init; }

    /// <summary>T5: the resident can be called back.</summary>
    public bool Contact { get; init; }

    /// <summary>Why, for the timeline.</summary>
    public string? Reason { get; init; }
}
