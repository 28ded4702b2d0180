using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>When and where somebody complained, for asking what a rule would have been earlier than.</summary>
/// <param name="Id">Complaint.</param>
/// <param name="AtMs">When, Unix ms.</param>
/// <param name="Place">Where.</param>
public readonly record struct ComplaintSighting(string Id, long AtMs, CityPlace Place);
