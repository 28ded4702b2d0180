using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Who noticed first; lower-kebab in JSON and SQL.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<TicketOrigin>))]
public enum TicketOrigin : byte
{
    /// <summary>A sensor rule (T1).</summary>
    Proactive,

    /// <summary>A resident or operator (T5).</summary>
    Complaint,

    /// <summary>A preventive plan (T6).</summary>
    Preventive,

    /// <summary>An inspection that followed another ticket (T7).</summary>
    Derived,
}
