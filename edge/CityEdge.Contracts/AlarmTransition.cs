namespace CityEdge.Contracts;

/// <summary>What happened to one alarm occurrence.</summary>
public enum AlarmChange : byte
{
    /// <summary>A raise step's hold has elapsed.</summary>
    Raised,

    /// <summary>Another raise step holds now; severity rose or fell.</summary>
    SeverityChanged,

    /// <summary>An alarm that was only recorded because its data were old is still active now that its point has caught up: dispatch it.</summary>
    CaughtUp,

    /// <summary>The clear condition has held for its off-delay.</summary>
    Cleared,

    /// <summary>The rule's verify condition became true on the alarm's point (since <see cref="AlarmTransition.AtMs"/>).</summary>
    VerifyBegan,

    /// <summary>The rule's verify condition became false again.</summary>
    VerifyBroken,

    /// <summary>What suppressed the alarm has ended and the alarm still stands: dispatch it.</summary>
    Offered,
}

/// <summary>Why a transition happened or was not dispatched: metric label, log field and the line on the explain page.</summary>
public enum AlarmReason : byte
{
    /// <summary>A raise step's condition held for its hold time.</summary>
    ConditionHeld,

    /// <summary>No reading for the rule's <c>no_data.after</c>.</summary>
    NoData,

    /// <summary>The clear condition held for its off-delay.</summary>
    ConditionCleared,

    /// <summary>A reading came again after silence.</summary>
    DataReturned,

    /// <summary>Recorded, not dispatched: the raise time was older than <c>--max-age</c> when its data arrived.</summary>
    TooOld,

    /// <summary>Still active when the point's data were recent again.</summary>
    CaughtUp,

    /// <summary>The rule was removed, changed so that the alarm does not go on, or no longer matches the point.</summary>
    RuleChanged,

    /// <summary>Outside the rule's season, hours or days.</summary>
    NotActive,

    /// <summary>What suppressed the alarm has ended.</summary>
    SuppressionEnded,

    /// <summary>An event that came late shows that it was otherwise than told, or not told. A clear at the raise time: the alarm never was. A raise of what was cleared: it goes on.</summary>
    Revised,

    /// <summary>Recorded, not dispatched yet: the data of a rule <c>at: edge</c> came late, as after a lost link. Dispatched when the point has caught up, if the alarm still stands.</summary>
    CatchingUp,

    /// <summary>The agent beside the sensor says so, and the hub has no newer reading that says otherwise.</summary>
    SeenAtEdge,
}

/// <summary>One step in the life of one alarm occurrence: what the rule engine says and the ticket room hears.</summary>
/// <param name="AlarmId">Id of the occurrence: 32 hex digits, a hash of (rule, point, kind of alarm, raise time). Same input, same id.</param>
/// <param name="Rule">Rule id.</param>
/// <param name="RuleVersion">Version of the rule that decided.</param>
/// <param name="Point">The point whose readings decided.</param>
/// <param name="Change">What happened.</param>
/// <param name="Severity">Severity after the change.</param>
/// <param name="AtMs">Event time of the change, Unix ms: the due time of the hold, not the time of the reading that showed it.</param>
/// <param name="RaisedAtMs">Event time at which this occurrence was raised, Unix ms.</param>
/// <param name="Value">Deciding value; null for silence and for text.</param>
/// <param name="Reason">Why.</param>
/// <param name="Dispatch">False when it is recorded only (too old): the ticket room must not open work for it.</param>
/// <param name="NoData">True for the rule's silence alarm, which is an occurrence of its own beside the value alarm.</param>
public sealed record AlarmTransition(
    string AlarmId,
    string Rule,
    int RuleVersion,
    PointId Point,
    AlarmChange Change,
    Severity Severity,
    long AtMs,
    long RaisedAtMs,
    double? Value,
    AlarmReason Reason,
    bool Dispatch,
    bool NoData = false);
