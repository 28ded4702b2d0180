using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What people are told about a ticket; one notice per transition, written in the transition's commit. Lower-kebab in JSON and SQL.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<NoticeKind>))]
public enum NoticeKind : byte
{
    Opened,
    Reopened,
    VerifyOverdue,
    Closed,
    SelfCleared,
    Cancelled,

    /// <summary>To the unit that is to accept it.</summary>
    Dispatched,

    /// <summary>To the dispatcher: nobody is responsible by the catalogue, or the unit sent it back.</summary>
    Triage,

    /// <summary>To the crew that was assigned.</summary>
    CrewAssigned,

    /// <summary>A clock reached 50 or 80 % of its time.</summary>
    Reminder,

    /// <summary>A clock ran out.</summary>
    Overdue,

    /// <summary>To the level above.</summary>
    Escalated,

    /// <summary>To the units that are called together.</summary>
    Whistled,

    /// <summary>To the supervisor of a called unit.</summary>
    ReportInLate,

    /// <summary>A hold has ended.</summary>
    Resumed,

    /// <summary>To the call centre.</summary>
    CallbackDue,
    FalseAlarm,
    Merged,
    Referred,

    /// <summary>To the level above, which decides.</summary>
    ExtensionAsked,
}
