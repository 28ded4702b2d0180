using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Who answers for a ticket, from near to far; lower-kebab in JSON.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<EscalationLevel>))]
public enum EscalationLevel : byte
{
    Community,
    Street,
    District,
    City,
}
