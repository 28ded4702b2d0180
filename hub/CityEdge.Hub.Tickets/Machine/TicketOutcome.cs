using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>How a ticket ended; lower-kebab in JSON and SQL.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<TicketOutcome>))]
public enum TicketOutcome : byte
{
    /// <summary>Reported fixed by the crew and verified.</summary>
    Fixed,

    /// <summary>All alarms cleared for the self-clear time before anyone was on site.</summary>
    SelfCleared,
    Cancelled,

    /// <summary>Cleared within the group wait; never published.</summary>
    Prevented,

    /// <summary>Part of another ticket (T41).</summary>
    Merged,

    /// <summary>There was nothing to fix, with evidence (T29a). Never counts as handled.</summary>
    FalseAlarm,

    /// <summary>Handed to somebody outside this jurisdiction (T43).</summary>
    Referred,
}
