namespace CityEdge.SegmentLog;

/// <summary>A damaged region found by <see cref="LogInspector"/>; positions are logical bytes.</summary>
/// <param name="From">First damaged position.</param>
/// <param name="To">Where the next whole record begins.</param>
/// <param name="Segment">File name.</param>
/// <param name="Torn">True when nothing in it had been acknowledged: the trace of a power cut, not of a bad disk.</param>
public sealed record DamagedRegion(long From, long To, string Segment, bool Torn);
