using System.Numerics;

namespace CityEdge.Rules;

/// <summary>
/// The last readings of a series, and how unlike its newest course is to every earlier one of the same length. Distances are kept by lag and carried along, so a reading costs one pass over memory; a few
/// are summed anew each time, so that rounding cannot pile up.
/// </summary>
internal sealed class ShapeMemory(params int[] lengths)
{
    public const int Capacity = 1024;

    private const int SummedAnew = 16;

    /// <summary>Larger values are cut to this, so that squares stay finite.</summary>
    private const float Most = 1e15f;

    // ring[at] is the newest, ring[at + age] older ones; distances[i][lag] = sum over k < lengths[i] of (x[k] - x[k + lag])^2.
    private readonly float[] ring = new float[Capacity];
    private readonly float[][] distances = [.. lengths.Select(_ => new float[Capacity])];
    private int at;
    private int count;
    private int anew;

    /// <summary>Bytes of its state for so many lengths.</summary>
    public static int StateBytes(int lengths) => Capacity * 4 * (1 + lengths) + 12;

    /// <summary>Appends a value; <paramref name="nearest"/> gets, by length, the root mean square difference to the nearest earlier course, 0 while there is none.</summary>
    public void Observe(double value, Span<double> nearest)
    {
        at = (at - 1) & (Capacity - 1);
        ring[at] = Math.Clamp((float)value, -Most, Most);
        if (count < Capacity) count++;
        for (var i = 0; i < lengths.Length; i++)
        {
            var best = Carry(lengths[i], distances[i]);
            nearest[i] = float.IsPositiveInfinity(best) ? 0 : Math.Sqrt(Math.Max(0, best) / lengths[i]);
        }
        anew = (anew + SummedAnew) & (Capacity - 1);
    }

    public void Save(SnapshotWriter writer)
    {
        writer.Floats(ring);
        foreach (var kept in distances) writer.Floats(kept);
        writer.Int(at);
        writer.Int(count);
        writer.Int(anew);
    }

    public void Load(ref SnapshotReader reader)
    {
        reader.Floats(ring);
        foreach (var kept in distances) reader.Floats(kept);
        (at, count, anew) = (reader.Int() & (Capacity - 1), Math.Clamp(reader.Int(), 0, Capacity), reader.Int() & (Capacity - SummedAnew));
    }

    private float Carry(int length, float[] kept)
    {
        // Lags whose two ends are both in memory: x[length] and x[lag + length] have just left.
        var last = count - 1 - length;
        var came = ring[at];
        var left = ring[(at + length) & (Capacity - 1)];
        for (var lag = 1; lag <= last;)
        {
            var a = (at + lag) & (Capacity - 1);
            var b = (a + length) & (Capacity - 1);
            var run = Math.Min(last - lag + 1, Capacity - Math.Max(a, b));
            Update(kept.AsSpan(lag, run), ring.AsSpan(a, run), ring.AsSpan(b, run), came, left);
            lag += run;
        }
        var first = Math.Max(1, last + 1);
        if (first + length <= count) Sum(first, length, kept);
        for (var lag = Math.Max(1, anew); lag < anew + SummedAnew && lag + length <= count; lag++) Sum(lag, length, kept);
        // A course that overlaps the newest one is like it by itself.
        var until = count - length;
        return until < length ? float.PositiveInfinity : Least(kept.AsSpan(length, until - length + 1));
    }

    private void Sum(int lag, int length, float[] kept)
    {
        var sum = 0f;
        for (var k = 0; k < length; k++)
        {
            var difference = ring[(at + k) & (Capacity - 1)] - ring[(at + k + lag) & (Capacity - 1)];
            sum += difference * difference;
        }
        kept[lag] = sum;
    }

    private static void Update(Span<float> kept, ReadOnlySpan<float> a, ReadOnlySpan<float> b, float came, float left)
    {
        for (var i = 0; i < kept.Length; i++)
        {
            var (x, y) = (came - a[i], left - b[i]);
            kept[i] += x * x - y * y;
        }
    }

    private static float Least(ReadOnlySpan<float> kept)
    {
        var least = new Vector<float>(float.PositiveInfinity);
        var i = 0;
        for (; i + Vector<float>.Count <= kept.Length; i += Vector<float>.Count) least = Vector.Min(least, new Vector<float>(kept[i..]));
        var best = float.PositiveInfinity;
        for (var k = 0; k < Vector<float>.Count; k++) best = Math.Min(best, least[k]);
        for (; i < kept.Length; i++) best = Math.Min(best, kept[i]);
        return best;
    }
}
