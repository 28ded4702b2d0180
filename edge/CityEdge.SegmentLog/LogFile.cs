namespace CityEdge.SegmentLog;

/// <summary>A segment's file as a copy of the log needs it.</summary>
/// <param name="Name">File name in the log's folder.</param>
/// <param name="UsedBytes">Header and records; what follows up to <paramref name="FullBytes"/> is, or counts as, zeros.</param>
/// <param name="FullBytes">Size that the copy must have.</param>
public sealed record LogFile(string Name, long UsedBytes, long FullBytes);
