namespace CityEdge.SegmentLog;

/// <summary>The log is at its cap and its policy is <see cref="WhenFull.Refuse"/>: nothing was stored, so nothing may be acknowledged. Passes once a cursor frees a segment.</summary>
public sealed class LogFullException(string directory, long maxBytes)
    : IOException($"The log in {directory} holds its {maxBytes} bytes and no segment is free. A consumer is behind (see its cursor), or the cap is too low.");
