namespace CityEdge.Hub.Telemetry;

/// <summary>The store cannot be reached or is busy; nothing is wrong with the rows. The consumer keeps its cursor and tries again, without limit.</summary>
public sealed class TelemetryUnavailableException(string message, Exception? inner = null, TimeSpan? retryAfter = null) : Exception(message, inner)
{
    /// <summary>What the server asked for by <c>Retry-After</c>; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
