namespace CityEdge.Hub.Tickets;

/// <summary>What became of a <see cref="TicketCommand"/>.</summary>
public enum CommandOutcome : byte
{
    /// <summary>Done; durable when the write completes.</summary>
    Done,

    /// <summary>There is no such ticket.</summary>
    NotFound,

    /// <summary>The ticket has another version than the person saw; nothing changed.</summary>
    Conflict,

    /// <summary>Not allowed in this state, for this role, or without a reason; nothing changed.</summary>
    Refused,

    /// <summary>This idempotency key was answered before: the same answer again, nothing changed.</summary>
    Replayed,
}
