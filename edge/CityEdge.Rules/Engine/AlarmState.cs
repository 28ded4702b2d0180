using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What one rule makes of one point now, for the explain page; times are event time, Unix ms.</summary>
/// <param name="Rule">Rule id.</param>
/// <param name="RuleVersion">Version of the rule.</param>
/// <param name="Point">The point.</param>
/// <param name="Phase">State.</param>
/// <param name="Reason">Why.</param>
/// <param name="Severity">Severity of the open alarm, or of the pending step that is due first; null when normal.</param>
/// <param name="SinceMs">Raise time, or since when the hold or off-delay counts; null when normal.</param>
/// <param name="AlarmId">Id of the open alarm.</param>
/// <param name="Dispatched">False for an open alarm that was only recorded.</param>
/// <param name="NoDataSinceMs">Raise time of the open silence alarm; null when none.</param>
/// <param name="NoDataAlarmId">Its id.</param>
/// <param name="LastValue">Last usable value; null before one.</param>
/// <param name="LastTimeMs">Time of the last reading; null before one.</param>
/// <param name="Timers">What is due, ascending.</param>
/// <param name="Missing">The attribute that is missing; null when none.</param>
/// <param name="Learned">What is normal for the point makes of its last value, and what is expected, in words; null for a rule that does not ask.</param>
public sealed record AlarmState(
    string Rule,
    int RuleVersion,
    PointId Point,
    AlarmPhase Phase,
    AlarmStateReason Reason,
    Severity? Severity,
    long? SinceMs,
    string? AlarmId,
    bool Dispatched,
    long? NoDataSinceMs,
    string? NoDataAlarmId,
    double? LastValue,
    long? LastTimeMs,
    IReadOnlyList<AlarmTimer> Timers,
    string? Missing,
    string? Learned = null);
