namespace CityEdge.Hub.Rehearsing;

/// <summary>How far a rehearsal is.</summary>
/// <param name="Step"><c>readings</c>, then <c>tickets</c>.</param>
/// <param name="Points">Points done.</param>
/// <param name="Of">Points on which the rule runs.</param>
/// <param name="Readings">Readings given to the engine.</param>
public readonly record struct RehearsalProgress(string Step, int Points, int Of, long Readings);
