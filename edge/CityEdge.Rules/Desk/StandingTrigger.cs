namespace CityEdge.Rules;

/// <summary>What moves an alarm from one standing to the next.</summary>
public enum StandingTrigger : byte
{
    /// <summary>The rule engine raised it.</summary>
    Raised,

    /// <summary>A person has seen it.</summary>
    Acknowledged,

    /// <summary>The rule engine cleared it.</summary>
    Cleared,

    /// <summary>A person keeps its rule quiet on its point.</summary>
    Shelved,

    /// <summary>A maintenance window covers it.</summary>
    OutOfService,

    /// <summary>A parent is down, or may still turn out to be.</summary>
    Inhibited,

    /// <summary>Nothing suppresses it any more.</summary>
    Released,
}
