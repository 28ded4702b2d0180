namespace CityEdge.Hub.Tickets;

/// <summary>One page of alarms, newest raise time first.</summary>
/// <param name="Items">Alarms.</param>
/// <param name="Next">Cursor of the next page; null at the end.</param>
public sealed record AlarmPage(IReadOnlyList<AlarmView> Items, string? Next);
