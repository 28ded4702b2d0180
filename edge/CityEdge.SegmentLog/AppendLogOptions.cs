namespace CityEdge.SegmentLog;

/// <summary>Where an <see cref="AppendLog"/> lives and what bounds it. Sizes are bytes.</summary>
public sealed record AppendLogOptions
{
    /// <summary>Folder of the log; created when absent. One process at a time may hold it open for appending.</summary>
    public required string Directory { get; init; }

    /// <summary>Size of one segment file, header included; at least 8 KiB. A record never spans two segments.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Most disk that segments (with one spare) may take; at least four segments.</summary>
    public long MaxBytes { get; init; } = 16L << 30;

    /// <summary>Policy at <see cref="MaxBytes"/>.</summary>
    public WhenFull WhenFull { get; init; } = WhenFull.Refuse;

    /// <summary>Largest body of one record.</summary>
    public int MaxRecordBytes { get; init; } = 1 << 20;

    /// <summary>Bytes that may wait for a flush before appenders are held back.</summary>
    public long MaxUnflushedBytes { get; init; } = 16L << 20;

    /// <summary>Newest bytes whose records are all checked when the log opens; older segments are checked when they are read.</summary>
    public long VerifyOnOpenBytes { get; init; } = 512L << 20;

    /// <summary>Most bytes kept in <c>quarantine/</c>; damaged regions past it are counted but not copied.</summary>
    public long QuarantineMaxBytes { get; init; } = 16L << 20;

    /// <summary>The log's end is never below this: positions that a consumer has stored elsewhere (SQL) are not given out again after a damaged tail.</summary>
    public long MinimumEnd { get; init; }

    /// <summary>
    /// Least time between two starts of a flush when they come often; zero: none. A few come at once after a quiet time, so a lone record never waits; under a stream of
    /// records it bounds the flushes a second (2 ms: 500) and adds up to itself to the time until a record is durable. Below 1 s.
    /// </summary>
    public TimeSpan FlushInterval { get; init; }

    /// <summary>Longest time a committed cursor position stays only in memory.</summary>
    public TimeSpan CursorFlushInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Clock of the flush interval and of the lazy cursor flush.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        if (string.IsNullOrWhiteSpace(Directory)) throw new ArgumentException("The log needs a directory.", nameof(Directory));
        if (SegmentBytes is < 8192 or > 1L << 30) throw new ArgumentException($"SegmentBytes is {SegmentBytes}; give 8 KiB to 1 GiB.", nameof(SegmentBytes));
        if (MaxBytes < 4 * SegmentBytes) throw new ArgumentException($"MaxBytes is {MaxBytes}; give at least four segments ({4 * SegmentBytes}).", nameof(MaxBytes));
        if (MaxRecordBytes < 1 || MaxRecordBytes > SegmentBytes - SegmentHeader.Bytes - RecordFormat.HeaderBytes)
            throw new ArgumentException($"MaxRecordBytes is {MaxRecordBytes}; a record must fit a segment of {SegmentBytes} bytes.", nameof(MaxRecordBytes));
        if (CursorFlushInterval <= TimeSpan.Zero) throw new ArgumentException("CursorFlushInterval must be positive.", nameof(CursorFlushInterval));
        if (FlushInterval < TimeSpan.Zero || FlushInterval >= TimeSpan.FromSeconds(1)) throw new ArgumentException($"FlushInterval is {FlushInterval}; give less than a second, 0 for none.", nameof(FlushInterval));
        if (MinimumEnd < 0) throw new ArgumentException("MinimumEnd must not be negative.", nameof(MinimumEnd));
    }
}
