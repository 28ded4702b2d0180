using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets;

/// <summary>Notices that were gathered in a flood of alarms, to be told together.</summary>
/// <param name="LastId">Highest id among them: later ones go into the next digest.</param>
/// <param name="SinceMs">When the first was gathered, wall time, Unix ms.</param>
/// <param name="Notices">How many.</param>
/// <param name="Tickets">Of how many tickets.</param>
/// <param name="Counts">By severity and category of the ticket, as they are now; the most first.</param>
/// <param name="Newest">Tickets of the newest of them, at most 50.</param>
public sealed record GatheredNotices(long LastId, long SinceMs, int Notices, int Tickets, IReadOnlyList<GatheredCount> Counts, IReadOnlyList<string> Newest);

/// <summary>One line of a digest.</summary>
/// <param name="Severity">Severity of the tickets.</param>
/// <param name="Category">Their category.</param>
/// <param name="Tickets">How many.</param>
public sealed record GatheredCount(Severity Severity, string Category, int Tickets);
