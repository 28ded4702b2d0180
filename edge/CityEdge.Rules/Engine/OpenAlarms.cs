namespace CityEdge.Rules;

/// <summary>What becomes of a rule's open alarms when another version replaces it.</summary>
public enum OpenAlarms : byte
{
    /// <summary>All close (<see cref="Contracts.AlarmReason.RuleChanged"/>), and the rule starts anew with the next readings.</summary>
    Close,

    /// <summary>An alarm goes on, with its raise time, unless the new version is known to call it over: its clear condition (without one: no raise condition) is met by the last value, and was not by the old version.</summary>
    Keep,

    /// <summary>An alarm goes on only where a raise condition of the new version is true by the last value; holds of its steps then count from the raise.</summary>
    Reevaluate,
}
