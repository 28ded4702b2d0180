using System.Text.Json.Serialization;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>How a complaint came to its ticket; lower-kebab in JSON and SQL.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<ComplaintLink>))]
public enum ComplaintLink : byte
{
    /// <summary>It has none: too old to open one, or not work. An alarm of its place and category within a week of it takes it up.</summary>
    None,

    /// <summary>It opened the ticket.</summary>
    New,

    /// <summary>It joined the ticket of an incident that was known.</summary>
    Existing,
}
