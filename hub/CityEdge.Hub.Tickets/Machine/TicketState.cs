using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>State of a ticket: the names of the domain's §5.2, lower-kebab in JSON and SQL, plus <see cref="Dropped"/>.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<TicketState>))]
public enum TicketState : byte
{
    /// <summary>In the group wait; not published.</summary>
    Candidate,
    Open,
    Dispatched,
    Accepted,
    EnRoute,
    OnSite,
    InProgress,
    OnHold,
    Whistled,

    /// <summary>The crew says fixed; the sensor has not agreed yet.</summary>
    PendingVerify,
    PendingCallback,
    Reopened,
    Returned,
    Closed,
    Merged,
    FalseAlarm,
    SelfCleared,
    Cancelled,
    Referred,

    /// <summary>A candidate whose alarms cleared within the wait (T3): ends unpublished, counted as prevented.</summary>
    Dropped,
}
