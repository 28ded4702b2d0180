namespace CityEdge.Rules;

/// <summary>What is taken over the samples of a window.</summary>
internal enum WindowFunction : byte
{
    Mean,
    Min,
    Max,
    Sum,
    Count,
    Delta,
}
