using System.Numerics;

namespace CityEdge.Bench.Mqtt.Measure;

/// <summary>Latencies in nanoseconds, 64 steps to each power of two (1.6 % wide), no allocation when counting.</summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 6;
    private const int Steps = 1 << StepBits;
    private readonly long[] counts = new long[(64 - StepBits) * Steps];

    public long Count { get; private set; }

    public long Max { get; private set; }

    public void Add(long nanoseconds)
    {
        if (nanoseconds < 0) nanoseconds = 0;
        if (nanoseconds > Max) Max = nanoseconds;
        Count++;
        counts[Index(nanoseconds)]++;
    }

    /// <summary>The value below or at which this share of the latencies is, milliseconds; 0 when there are none.</summary>
    public double Milliseconds(double share)
    {
        var wanted = (long)Math.Ceiling(share * Count);
        long seen = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= wanted && seen > 0) return Math.Min(Middle(i), Max) / 1e6;
        }
        return 0;
    }

    public Latencies Summary() => new(Count, Milliseconds(0.5), Milliseconds(0.99), Milliseconds(0.999), Max / 1e6);

    private static int Index(long value)
    {
        if (value < Steps) return (int)value;
        var shift = BitOperations.Log2((ulong)value) - StepBits;
        return ((shift + 1) << StepBits) + (int)(value >> shift) - Steps;
    }

    private static double Middle(int index)
    {
        if (index < Steps) return index;
        var shift = (index >> StepBits) - 1;
        return (((long)(index & (Steps - 1)) + Steps) << shift) + ((1L << shift) / 2.0);
    }
}

/// <summary>Milliseconds.</summary>
internal sealed record Latencies(long Count, double P50, double P99, double P999, double Max);
