namespace CityEdge.SegmentLog;

/// <summary>A named cursor as seen by <see cref="AppendLog.Stats"/> or <see cref="LogInspector"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Position">Committed position.</param>
/// <param name="BacklogBytes">Durable bytes past it.</param>
public sealed record CursorStats(string Name, long Position, long BacklogBytes);
