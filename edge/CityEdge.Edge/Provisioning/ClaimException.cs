namespace CityEdge.Edge;

/// <summary>The hub gave no token. A claim that is not <see cref="Final"/> may be tried again, not before <see cref="RetryAfter"/>.</summary>
public sealed class ClaimException(string message, bool final, TimeSpan retryAfter = default, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>The code is no good, and will not be.</summary>
    public bool Final { get; } = final;

    /// <summary>As the hub asked; zero when it did not.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
