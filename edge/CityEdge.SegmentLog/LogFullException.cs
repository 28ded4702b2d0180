namespace CityEdge.SegmentLog;

/// <summary>
/// Nothing was stored, so nothing may be acknowledged: the log is at its cap and its policy is <see cref="WhenFull.Refuse"/>, or its disk has no room for another segment. Passes once a
/// cursor frees a segment, or the disk has room again.
/// </summary>
public sealed class LogFullException : IOException
{
    /// <summary>The log is at its cap.</summary>
    public LogFullException(string directory, long maxBytes)
        : base($"The log in {directory} holds its {maxBytes} bytes and no segment is free. A consumer is behind (see its cursor), or the cap is too low.")
    {
    }

    /// <summary>The disk is full.</summary>
    public LogFullException(string directory, string reason)
        : base($"The log in {directory} cannot make its next segment: {reason}. Free space on that disk; the log goes on by itself.")
    {
    }
}
