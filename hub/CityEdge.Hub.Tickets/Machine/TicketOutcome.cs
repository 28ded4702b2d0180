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
}
