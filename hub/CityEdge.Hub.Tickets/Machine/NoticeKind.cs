using System.Text.Json.Serialization;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What people are told about a ticket; one notice per transition, written in the transition's commit. Lower-kebab in JSON and SQL.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<NoticeKind>))]
public enum NoticeKind : byte
{
    Opened,
    Reopened,
    VerifyOverdue,
    Closed,
    SelfCleared,
    Cancelled,
}
