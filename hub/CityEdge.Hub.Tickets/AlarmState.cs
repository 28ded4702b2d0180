using System.Text.Json.Serialization;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>State of an alarm occurrence (design §5); lower-kebab in JSON.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<AlarmState>))]
public enum AlarmState : byte
{
    Active,
    Cleared,
}
