using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What became of one open alarm when its rule was changed.</summary>
/// <param name="AlarmId">Id of the occurrence.</param>
/// <param name="Point">Its point.</param>
/// <param name="NoData">True for silence.</param>
/// <param name="RaisedAtMs">Event time of the raise, Unix ms.</param>
/// <param name="Severity">Severity after the change.</param>
/// <param name="Closed">Why it closed; null when it goes on.</param>
public sealed record AlarmOutcome(string AlarmId, PointId Point, bool NoData, long RaisedAtMs, Severity Severity, AlarmReason? Closed);
