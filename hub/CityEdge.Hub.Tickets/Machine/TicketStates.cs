using System.Collections.Frozen;
using System.Text.Json;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Words and groups of <see cref="TicketState"/>.</summary>
public static class TicketStates
{
    private static readonly string[] Names = [.. Enum.GetNames<TicketState>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName)];

    private static readonly FrozenDictionary<string, TicketState> ByName =
        Enum.GetValues<TicketState>().ToFrozenDictionary(s => Names[(int)s], StringComparer.Ordinal);

    /// <summary>Every state, in the enum's order.</summary>
    public static IReadOnlyList<TicketState> All { get; } = Enum.GetValues<TicketState>();

    /// <summary>The lower-kebab word, e.g. <c>pending-verify</c>.</summary>
    public static string Name(TicketState state) => Names[(int)state];

    /// <summary>Parses the lower-kebab word; false for anything else.</summary>
    public static bool TryParse(string? text, out TicketState state)
    {
        state = default;
        return text is not null && ByName.TryGetValue(text, out state);
    }

    /// <summary>True while the ticket is a promise of work: at most one such ticket per incident.</summary>
    public static bool IsLive(TicketState state) => state is not (TicketState.Closed or TicketState.Merged or TicketState.FalseAlarm
        or TicketState.SelfCleared or TicketState.Cancelled or TicketState.Referred or TicketState.Dropped);

    /// <summary>False for what people are never shown unless they ask: a candidate, and one that was dropped.</summary>
    public static bool IsPublished(TicketState state) => state is not (TicketState.Candidate or TicketState.Dropped);
}
