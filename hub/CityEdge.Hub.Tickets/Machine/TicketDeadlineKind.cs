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

    /// <summary>Next mark of the accept clock (T14).</summary>
    Accept,

    /// <summary>Next mark of the dispatcher's clock (T9).</summary>
    Triage,

    /// <summary>Next mark of the clock until somebody is on site (T26).</summary>
    OnSite,

    /// <summary>Next mark of the clock until the danger is over (T26).</summary>
    Safe,

    /// <summary>Next mark of the clock until it is fixed (T26).</summary>
    Fix,

    /// <summary>Next mark of the clock of the callback (T32).</summary>
    Callback,

    /// <summary>End of a hold (T24).</summary>
    HoldUntil,

    /// <summary>A called unit must have reported in (T21).</summary>
    WhistleReport,
}
