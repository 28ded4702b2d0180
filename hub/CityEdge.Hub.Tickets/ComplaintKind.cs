using System.Text.Json.Serialization;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>What a resident wants (投诉 需求 咨询 表扬 建议); lower-kebab in JSON and SQL. Only the first two are work: the others never join or open a ticket.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<ComplaintKind>))]
public enum ComplaintKind : byte
{
    /// <summary>Something is wrong.</summary>
    Complaint,

    /// <summary>Something is needed.</summary>
    Need,
    Inquiry,
    Praise,
    Suggestion,
}
