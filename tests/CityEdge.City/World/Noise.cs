namespace CityEdge.City.World;

/// <summary>Noise that depends on seed and time only, so that a run can be repeated whatever the order of questions.</summary>
public static class Noise
{
    /// <summary>Smooth noise in -1..1 that changes over about <paramref name="period"/>.</summary>
    public static double Smooth(int seed, DateTimeOffset time, TimeSpan period)
    {
        var position = time.ToUnixTimeMilliseconds() / period.TotalMilliseconds;
        var cell = Math.Floor(position);
        var part = position - cell;
        var weight = part * part * (3 - 2 * part);
        return Value(seed, (long)cell) * (1 - weight) + Value(seed, (long)cell + 1) * weight;
    }

    /// <summary>White noise in -1..1 of one instant.</summary>
    public static double White(int seed, DateTimeOffset time) => Value(seed, time.ToUnixTimeMilliseconds());

    private static double Value(int seed, long cell)
    {
        // SplitMix64.
        var x = unchecked((ulong)cell * 0x9E3779B97F4A7C15UL + (ulong)(uint)seed * 0xBF58476D1CE4E5B9UL);
        x = unchecked((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL);
        x = unchecked((x ^ (x >> 27)) * 0x94D049BB133111EBUL);
        return (x ^ (x >> 31)) / (double)ulong.MaxValue * 2 - 1;
    }
}
