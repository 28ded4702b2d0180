namespace CityEdge.Hub.Tickets;

/// <summary>One thing that a commit changed; each thing once a commit.</summary>
/// <param name="Kind">Alarm or ticket.</param>
/// <param name="Id">Its id.</param>
public readonly record struct StoreChange(StoreChangeKind Kind, string Id);
