using System.Text.Json;

namespace CityEdge.Hub.Tickets;

/// <summary>A person's command on a ticket.</summary>
/// <param name="TicketId">Ticket.</param>
/// <param name="Name">Name of the command, e.g. <c>accept</c>, <c>fixed</c>, <c>cancel</c>.</param>
/// <param name="Actor">User name.</param>
/// <param name="Role">Role in which the person acts: <c>crew unit operator dispatcher manager admin</c>.</param>
/// <param name="HappenedAtMs">Wall time at which it happened, Unix ms; may be earlier than now (offline crew).</param>
/// <param name="EventAtMs">Event clock of the ticket's <see cref="TicketView.Anchor"/> point, Unix ms.</param>
/// <param name="Reason">Why; some commands need one.</param>
/// <param name="IfMatchVersion">The version that the person saw; another version makes a conflict. Null: any.</param>
/// <param name="IdempotencyKey">Repeating a key on the same ticket repeats the answer, not the effect. Kept for 30 days.</param>
/// <param name="Args">Further arguments, kept in the timeline as given.</param>
/// <param name="DistanceM">Metres between the place that the arguments tell and the asset; null when either is unknown.</param>
public sealed record TicketCommand(
    string TicketId,
    string Name,
    string Actor,
    string Role,
    long HappenedAtMs,
    long EventAtMs,
    string? Reason = null,
    long? IfMatchVersion = null,
    string? IdempotencyKey = null,
    JsonElement? Args = null,
    double? DistanceM = null);
