using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What is decided once, when a ticket is born; payload of <see cref="TicketEventType.Raised"/>. Times are Unix ms UTC, durations ms.</summary>
/// <param name="Id">Opaque id, a hash of (incident key, first alarm id).</param>
/// <param name="No">Number for people: <c>yyyyMMdd-site-seq</c>, the day of the raise time in Asia/Shanghai.</param>
/// <param name="IncidentKey">The one real-world problem that this ticket is a promise on.</param>
/// <param name="Anchor">Point (<c>site/device/name</c>) of the first alarm: its event clock times the wait and the verify limit.</param>
/// <param name="WaitDueMs">When the candidate opens.</param>
/// <param name="SelfClearMs">Self-clear time; null: never.</param>
/// <param name="Previous">Earlier ticket of the same incident, which had ended too long ago to be reopened (T39).</param>
/// <param name="Areas">Grid and area labels of the place.</param>
/// <param name="Owner">Owner of the asset; null: unknown.</param>
/// <param name="Parent">The ticket that this one follows from (T7).</param>
public sealed record TicketOpening(
    string Id,
    string No,
    string IncidentKey,
    string Site,
    string? Asset,
    string Rule,
    string Anchor,
    string Category,
    LocalizedText Title,
    LocalizedText? Action,
    string Sla,
    bool Public,
    TicketOrigin Origin,
    Severity Severity,
    long RaisedAtMs,
    long WaitDueMs,
    long? SelfClearMs,
    string? Previous = null,
    string? Parent = null,
    ValueList<string>? Areas = null,
    string? Owner = null);
