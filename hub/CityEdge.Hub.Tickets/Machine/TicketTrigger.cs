namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What can move a ticket: news from the sensors, deadlines, the hub's own findings and people's commands. The columns of <see cref="TicketTable"/>.</summary>
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

    /// <summary>The responsibility catalogue names a unit.</summary>
    CatalogueResolved,

    /// <summary>The responsibility catalogue has no match.</summary>
    CatalogueMissed,

    /// <summary>A mark of the accept clock.</summary>
    AcceptClock,

    /// <summary>A mark of the triage clock.</summary>
    TriageClock,

    /// <summary>A mark of the clocks on site, safe or fix.</summary>
    WorkClock,

    /// <summary>A mark of the callback clock.</summary>
    CallbackClock,

    /// <summary>Deadline <see cref="TicketDeadlineKind.HoldUntil"/>.</summary>
    HoldElapsed,

    /// <summary>Deadline <see cref="TicketDeadlineKind.WhistleReport"/>.</summary>
    ReportInElapsed,

    /// <summary>The operating mode changed (T46).</summary>
    ModeChanged,

    /// <summary>A resident's report joined the ticket (T5, where there is a live incident).</summary>
    ReportLinked,

    /// <summary>Command <c>dispatch</c>.</summary>
    Dispatch,

    /// <summary>Command <c>return</c>.</summary>
    Return,

    /// <summary>Command <c>assign</c>.</summary>
    Assign,

    /// <summary>Command <c>depart</c>.</summary>
    Depart,

    /// <summary>Command <c>arrive</c>.</summary>
    Arrive,

    /// <summary>Command <c>start</c>.</summary>
    Start,

    /// <summary>Command <c>safe</c>: the danger is over, the fault is not.</summary>
    MadeSafe,

    /// <summary>Command <c>no-fault</c>.</summary>
    NoFault,

    /// <summary>Command <c>whistle</c>.</summary>
    Whistle,

    /// <summary>Command <c>report-in</c>.</summary>
    ReportIn,

    /// <summary>Command <c>task-done</c>.</summary>
    TaskDone,

    /// <summary>Command <c>whistle-done</c>.</summary>
    WhistleDone,

    /// <summary>Command <c>co-done</c>: a co-handling unit of a dual dispatch has done its part.</summary>
    CoDone,

    /// <summary>Command <c>hold</c>.</summary>
    Hold,

    /// <summary>Command <c>resume</c>.</summary>
    Resume,

    /// <summary>Command <c>ask-extension</c>.</summary>
    AskExtension,

    /// <summary>Command <c>approve-extension</c>.</summary>
    ApproveExtension,

    /// <summary>Command <c>refuse-extension</c>.</summary>
    RefuseExtension,

    /// <summary>Command <c>escalate</c>.</summary>
    Escalate,

    /// <summary>Command <c>inspect</c>: an inspector finds it fixed.</summary>
    InspectedOk,

    /// <summary>Command <c>confirm-false-alarm</c>.</summary>
    ConfirmFalseAlarm,

    /// <summary>Command <c>reject</c>.</summary>
    Reject,

    /// <summary>Command <c>callback</c>.</summary>
    Callback,

    /// <summary>Command <c>not-fixed</c>: a resident says so of a closed ticket.</summary>
    NotFixed,

    /// <summary>Command <c>merge</c>.</summary>
    Merge,

    /// <summary>Command <c>unmerge</c>.</summary>
    Unmerge,

    /// <summary>Command <c>refer</c>.</summary>
    Refer,

    /// <summary>Command <c>flag-audit</c>.</summary>
    FlagAudit,

    /// <summary>Command <c>ask-owner</c>: nobody knows whose the asset is (确权).</summary>
    AskOwner,

    /// <summary>Command <c>set-owner</c>: what the search for the owner found.</summary>
    SetOwner,
}
