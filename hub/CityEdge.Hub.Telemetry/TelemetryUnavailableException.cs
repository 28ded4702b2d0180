namespace CityEdge.Hub.Telemetry;

/// <summary>
/// The store does not take rows now; nothing is wrong with the rows. The consumer keeps its cursor and tries again, without limit, not before <see cref="RetryAfter"/>.
/// </summary>
public sealed class TelemetryUnavailableException(string message, Exception? inner = null, TimeSpan? retryAfter = null, TelemetryTrouble trouble = TelemetryTrouble.Away) : Exception(message, inner)
{
    /// <summary>What the server asked for by <c>Retry-After</c>, or the time until a stopped sink looks again; null: the caller's own back-off.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether waiting helps.</summary>
    public TelemetryTrouble Trouble { get; } = trouble;
}
