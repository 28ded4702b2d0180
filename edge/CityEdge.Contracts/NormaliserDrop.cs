namespace CityEdge.Contracts;

/// <summary>Why the normaliser passed no reading on: metric label and log field of the agent.</summary>
public enum NormaliserDrop : byte
{
    /// <summary>Passed on.</summary>
    None,

    /// <summary>Within the dead-band of what was sent last, and the heartbeat is not due. Not a fault.</summary>
    DeadBand,

    /// <summary>NaN or infinite, before or after conversion.</summary>
    NotFinite,

    /// <summary>The unit is unknown or not of the point's kind.</summary>
    BadUnit,

    /// <summary>A text or boolean where the kind is numeric, or the reverse.</summary>
    WrongType,

    /// <summary>Before 1978-07-04 or after the year 9999: SenML cannot carry the time.</summary>
    TimeOutOfRange,
}
