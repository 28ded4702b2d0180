namespace CityEdge.Contracts;

/// <summary>Why an alarm is recorded but opens no ticket for now: metric label, and the word on the alarm and its explain page.</summary>
public enum SuppressionReason : byte
{
    /// <summary>Within a maintenance window of its point, its rule, its asset or one above.</summary>
    Maintenance,

    /// <summary>A person has shelved its rule on its point.</summary>
    Shelved,

    /// <summary>An alarm that inhibits it is active on the same asset or above.</summary>
    ParentDown,

    /// <summary>Held for a short time, in which an alarm that inhibits it would still win.</summary>
    ParentWait,
}
