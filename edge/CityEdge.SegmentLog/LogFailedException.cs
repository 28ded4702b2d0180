namespace CityEdge.SegmentLog;

/// <summary>
/// Writing or flushing the log failed (disk full, I/O error). What was not yet durable must not be acknowledged, and the log takes nothing more until it is
/// opened anew: after a failed fsync the kernel may have dropped the pages, so a second fsync that succeeds proves nothing.
/// </summary>
public sealed class LogFailedException(string directory, Exception cause)
    : IOException($"The log in {directory} failed and takes no more records: {cause.Message} Mend the disk (space, mount, health), then restart.", cause);
