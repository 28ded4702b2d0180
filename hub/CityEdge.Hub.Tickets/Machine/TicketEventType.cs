using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Type of a line in a ticket's log; lower-kebab in JSON and SQL. Words may be added, none changes its meaning.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<TicketEventType>))]
public enum TicketEventType : byte
{
    /// <summary>T1: first alarm of an incident without a live ticket.</summary>
    Raised,
    AlarmJoined,
    AlarmSeverity,
    AlarmCleared,
    VerifyBegan,
    VerifyBroken,
    Opened,

    /// <summary>A step that nobody reported and that the next one implies.</summary>
    Skipped,
    Accepted,
    Fixed,

    /// <summary>T31: the sensor has not agreed within the verify limit; a manager must look.</summary>
    VerifyOverdue,
    Closed,
    SelfCleared,
    Reopened,
    Cancelled,
    Dropped,

    /// <summary>A complaint belongs to this incident.</summary>
    ComplaintLinked,

    /// <summary>A rule now sees what residents had told of: the ticket is the promise on the rule's incident.</summary>
    IncidentNamed,

    /// <summary>T5: born of a report by a resident or operator.</summary>
    Reported,

    /// <summary>T6: born of a preventive plan.</summary>
    Planned,

    /// <summary>T7: born of another ticket.</summary>
    Derived,

    /// <summary>A resident's report joined.</summary>
    ReportLinked,
    Dispatched,

    /// <summary>T9: waits for the dispatcher, nobody is responsible by the catalogue.</summary>
    Triage,
    Returned,
    CrewAssigned,
    Departed,
    Arrived,
    Started,
    MadeSafe,

    /// <summary>T19: the crew proposes a false alarm.</summary>
    NoFault,
    Whistled,
    ReportedIn,

    /// <summary>T21: a called unit has not reported in.</summary>
    ReportInLate,
    TaskDone,
    WhistleDone,
    CoDone,
    Held,
    Resumed,
    ExtensionAsked,
    ExtensionApproved,
    ExtensionRefused,

    /// <summary>T9, T14, T26, callback: a clock reached a mark: a reminder, its end, or a further step up.</summary>
    ClockMark,
    Escalated,

    /// <summary>T32: proved, the resident has not been called back yet.</summary>
    Verified,
    FalseAlarm,

    /// <summary>T35: the resident could not be reached.</summary>
    CallbackMissed,
    Merged,
    Unmerged,

    /// <summary>An alarm went to another ticket with a merge, or back with its undoing.</summary>
    AlarmLeft,
    Referred,
    AuditFlagged,
    ModeChanged,
    OwnerAsked,
    OwnerFound,
}
