namespace CityEdge.Hub.Notification;

/// <summary>What became of a try.</summary>
/// <param name="Error">Null: taken. Else what the other side said.</param>
/// <param name="RetryAfter">When the other side wants the next try; null: as the schedule says.</param>
/// <param name="Gone">The other side will never take it (HTTP 410): no further try.</param>
public readonly record struct SendResult(string? Error, TimeSpan? RetryAfter = null, bool Gone = false)
{
    public static SendResult Taken => default;
}
