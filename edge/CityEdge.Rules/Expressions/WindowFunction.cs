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

    /// <summary>Change an hour, between the sample at or before the window's start and the last.</summary>
    Rate,

    /// <summary>Sample standard deviation (n - 1).</summary>
    Deviation,
    Median,
}
