namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What can move a ticket: news from the sensors, deadlines and people's commands. The columns of <see cref="TicketTable"/>.</summary>
public enum TicketTrigger : byte
{
    /// <summary>An alarm to be dispatched was raised on the ticket's incident.</summary>
    AlarmRaised,

    /// <summary>The last active alarm of the ticket cleared.</summary>
    AllCleared,

    /// <summary>Deadline <see cref="TicketDeadlineKind.Wait"/>.</summary>
    WaitElapsed,

    /// <summary>Deadline <see cref="TicketDeadlineKind.SelfClear"/>.</summary>
    SelfClearElapsed,

    /// <summary>Deadline <see cref="TicketDeadlineKind.Verify"/>: every alarm cleared, every verify condition held for its time.</summary>
    SensorAgreed,

    /// <summary>Deadline <see cref="TicketDeadlineKind.VerifyLimit"/>.</summary>
    VerifyLimitElapsed,

    /// <summary>Command <c>accept</c>.</summary>
    Accept,

    /// <summary>Command <c>fixed</c>.</summary>
    Fixed,

    /// <summary>Command <c>cancel</c>.</summary>
    Cancel,

    /// <summary>A resident complained of the ticket's incident.</summary>
    Complaint,
}
