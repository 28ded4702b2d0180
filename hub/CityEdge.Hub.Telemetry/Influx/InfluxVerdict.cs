namespace CityEdge.Hub.Telemetry;

/// <summary>What an answer to a write means.</summary>
internal enum InfluxVerdict
{
    /// <summary>All lines are stored.</summary>
    Stored,

    /// <summary>Some or all lines are refused; which ones is found by sending parts again.</summary>
    Refused,

    /// <summary>The oldest lines are older than the retention policy, the others are stored.</summary>
    BeyondRetention,

    /// <summary>The body is too large; half of it may not be.</summary>
    TooLarge,

    /// <summary>Database, bucket or retention policy is missing.</summary>
    NoDatabase,

    /// <summary>User, password or token is wrong, or a right is missing.</summary>
    Denied,

    /// <summary>Try again later.</summary>
    Unavailable,
}
