namespace CityEdge.Contracts;

/// <summary>Where an alarm occurrence stands for the people at the desk; the states of ISA-18.2. Pending and clearing are the rule engine's and not told here.</summary>
public enum AlarmStanding : byte
{
    /// <summary>Over, and nobody need look at it any more.</summary>
    Normal,

    /// <summary>Active, and nobody has said that they have seen it.</summary>
    ActiveUnack,

    /// <summary>Active and seen.</summary>
    ActiveAck,

    /// <summary>Over before anybody saw it.</summary>
    RtnUnack,

    /// <summary>A person keeps it quiet until a time.</summary>
    Shelved,

    /// <summary>An alarm that inhibits it is active, or may still come.</summary>
    SuppressedByDesign,

    /// <summary>In a maintenance window.</summary>
    OutOfService,
}
