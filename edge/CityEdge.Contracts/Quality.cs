namespace CityEdge.Contracts;

/// <summary>What is in doubt about a reading; stored as the integer field <c>quality</c> only when not 0 (design §5).</summary>
[Flags]
public enum Quality
{
    /// <summary>Nothing is in doubt.</summary>
    Good = 0,

    /// <summary>The device's time was more than 5 minutes ahead: stored at arrival time, not given to rules.</summary>
    FutureTime = 1,

    /// <summary>Outside the point's configured range.</summary>
    OutOfRange = 2,

    /// <summary>Unchanged for longer than the point's configured stuck time.</summary>
    Stuck = 4,

    /// <summary>Changed faster than the point's configured limit.</summary>
    Jump = 8,

    /// <summary>The sensor itself reported a fault (bad CRC, power-on value, open line).</summary>
    SensorFault = 16,
}
