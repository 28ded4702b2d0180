namespace CityEdge.Rules;

/// <summary>State of a rule's alarm on one point.</summary>
public enum AlarmPhase : byte
{
    /// <summary>No condition is true.</summary>
    Normal,

    /// <summary>A condition is true, its hold is running.</summary>
    Pending,

    /// <summary>Raised.</summary>
    Active,

    /// <summary>Raised, and the clear condition's off-delay is running.</summary>
    Clearing,
}
