namespace CityEdge.Hub.Tickets.Machine;

/// <summary>One line of a ticket's append-only log, chained by hash to the line before it (<see cref="TicketLog"/>).</summary>
/// <param name="TicketId">Ticket.</param>
/// <param name="Seq">1, 2, 3 … within the ticket; also the ticket's version after it.</param>
/// <param name="AtMs">Event time, Unix ms.</param>
/// <param name="RecordedAtMs">Wall time of the commit that wrote it, Unix ms.</param>
/// <param name="Payload">JSON text of <see cref="TicketEventData"/>, byte for byte as hashed.</param>
/// <param name="PrevHash">Hash of the line before; 32 zero bytes for the first.</param>
/// <param name="Hash">SHA-256 over all of the above.</param>
public sealed record TicketEvent(
    string TicketId,
    long Seq,
    TicketEventType Type,
    string Actor,
    string Role,
    long AtMs,
    long RecordedAtMs,
    TicketState? From,
    TicketState To,
    string Payload,
    byte[] PrevHash,
    byte[] Hash);
