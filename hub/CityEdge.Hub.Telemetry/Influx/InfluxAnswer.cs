namespace CityEdge.Hub.Telemetry;

/// <summary>What InfluxDB answered to a write: verdict, status and its own words.</summary>
internal readonly record struct InfluxAnswer(InfluxVerdict Verdict, int Status, string Message)
{
    /// <summary>Only of 429 and 503: how long it asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Lines that it names as refused, numbers from 1 (version 3); null when it names none.</summary>
    public IReadOnlyList<RefusedLine>? Lines { get; init; }

    /// <summary>True when one bad line kept the whole request out, so that good lines are stored only once the bad ones are found.</summary>
    public bool NothingStored { get; init; }

    /// <summary>A line that was named.</summary>
    /// <param name="Number">From 1.</param>
    /// <param name="Original">The line's text as the server has understood it; may be cut.</param>
    /// <param name="Message">Why.</param>
    public readonly record struct RefusedLine(int Number, string Original, string Message);
}
