namespace CityEdge.Rules;

/// <summary>Why a rule's alarm is in its phase: the word on the explain page.</summary>
public enum AlarmStateReason : byte
{
    /// <summary>No reading of the point has come yet.</summary>
    NoReadingYet,

    /// <summary>The last value meets no raise condition.</summary>
    ConditionFalse,

    /// <summary>A condition is true and its hold runs.</summary>
    Holding,

    /// <summary>A condition is true but readings have stopped, so its hold is paused.</summary>
    HoldPaused,

    /// <summary>A condition's hold has elapsed.</summary>
    ConditionHeld,

    /// <summary>Raised, and the value is between the raise and clear limits.</summary>
    NotYetClear,

    /// <summary>The off-delay runs.</summary>
    Clearing,

    /// <summary>Outside season, hours or days.</summary>
    NotActive,

    /// <summary>The rule names a season of which the calendar has no dates.</summary>
    SeasonUnknown,

    /// <summary>The rule needs an attribute that the point does not have.</summary>
    AttributeMissing,

    /// <summary>The rule asks what is normal for the point, of which too few readings have come to know.</summary>
    StillLearning,

    /// <summary>The rule is about silence alone.</summary>
    SilenceOnly,
}
