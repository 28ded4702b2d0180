namespace CityEdge.Hub.Tickets;

/// <summary>One page of complaints, newest first.</summary>
/// <param name="Items">Complaints.</param>
/// <param name="Next">Cursor of the next page; null at the end.</param>
public sealed record ComplaintPage(IReadOnlyList<ComplaintView> Items, string? Next);
