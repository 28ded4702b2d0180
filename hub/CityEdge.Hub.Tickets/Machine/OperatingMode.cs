using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>平时 or 战时 (T46); lower-kebab in JSON.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<OperatingMode>))]
public enum OperatingMode : byte
{
    Normal,
    Emergency,
}
