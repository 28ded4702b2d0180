namespace CityEdge.SegmentLog;

/// <summary>One durable record. <paramref name="Body"/> may share one array with its neighbours; it is never written again.</summary>
/// <param name="Position">Logical byte position of the record.</param>
/// <param name="NextPosition">What a cursor commits once the record is done with.</param>
/// <param name="Kind">The caller's own tag.</param>
/// <param name="TimeMs">The caller's time, Unix ms: arrival time in the hub's journal.</param>
/// <param name="Body">The caller's bytes.</param>
public readonly record struct LogRecord(long Position, long NextPosition, byte Kind, long TimeMs, ReadOnlyMemory<byte> Body);
