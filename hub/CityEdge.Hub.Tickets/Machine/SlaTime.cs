namespace CityEdge.Hub.Tickets.Machine;

/// <summary>A limit of an SLA set.</summary>
/// <param name="Minutes">How long.</param>
/// <param name="Source">Where the figure comes from: a reference, or <c>EJ</c> for engineering judgement, which is no standard.</param>
/// <param name="Working">Counts working time only.</param>
public sealed record SlaTime(int Minutes, string Source, bool Working = false);
