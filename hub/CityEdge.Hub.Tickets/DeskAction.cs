using System.Text.Json.Serialization;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>What a person can do at the alarm desk; lower-kebab in JSON and SQL.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<DeskAction>))]
public enum DeskAction : byte
{
    /// <summary>Someone has seen an alarm. Holds for the occurrence.</summary>
    Ack,

    /// <summary>Keeps a rule quiet on a point until a time.</summary>
    Shelve,

    /// <summary>Ends a shelf early.</summary>
    Unshelve,

    /// <summary>Plans a maintenance window.</summary>
    Maintain,

    /// <summary>Removes a maintenance window.</summary>
    EndMaintenance,

    /// <summary>The agent beside the sensor has raised the same alarm; written once an occurrence.</summary>
    SeenAtEdge,
}
