using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Registry;

/// <summary>What a person did at the alarm desk. Shelves are keyed on rule and point, an acknowledgement on occurrences.</summary>
/// <param name="Action">What.</param>
/// <param name="Alarms">Occurrences that it is about; of a shelf the one through which it was made; empty for maintenance.</param>
/// <param name="UntilMs">End of a shelf, wall time, Unix ms.</param>
/// <param name="Reason">Why, in the person's words.</param>
/// <param name="Window">The maintenance window; of its end only the id counts.</param>
public sealed record DeskChange(DeskAction Action, IReadOnlyList<AlarmRef> Alarms, long? UntilMs, string? Reason, Maintenance? Window = null);
