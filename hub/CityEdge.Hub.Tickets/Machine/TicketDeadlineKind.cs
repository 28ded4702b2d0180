namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What a ticket waits for, in the order in which equal due times fire.</summary>
public enum TicketDeadlineKind : byte
{
    /// <summary>Group wait of a candidate.</summary>
    Wait,

    /// <summary>The sensors have agreed for long enough.</summary>
    Verify,

    /// <summary>All alarms cleared for the self-clear time.</summary>
    SelfClear,

    /// <summary>24 h after <c>fixed</c> without the sensors' agreement (T31).</summary>
    VerifyLimit,
}
