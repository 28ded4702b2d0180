using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>To whom a ticket goes; lower-kebab in JSON.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<DispatchMode>))]
public enum DispatchMode : byte
{
    /// <summary>直派: one unit.</summary>
    Direct,

    /// <summary>双派: one lead, which stays responsible, and at least one co-handling unit.</summary>
    Dual,
}
