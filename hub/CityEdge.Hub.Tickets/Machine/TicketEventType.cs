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
}
