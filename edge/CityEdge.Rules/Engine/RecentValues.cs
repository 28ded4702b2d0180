namespace CityEdge.Rules;

/// <summary>The last values of one point one by one, for <c>last(N, …)</c>: a ring as large as the longest N of its rules.</summary>
internal sealed class RecentValues
{
    /// <summary>Longest look back, values.</summary>
    public const int MaxCount = 500;

    private double[] ring = [];
    private int head;

    public int Count { get; private set; }

    /// <summary>The value <paramref name="back"/> places before the last, which is 0.</summary>
    public double this[int back] => ring[(head + Count - 1 - back) % ring.Length];

    /// <summary>How many values are kept; what is there stays as far as it fits.</summary>
    public void Resize(int size)
    {
        if (size == ring.Length) return;
        var kept = Math.Min(Count, size);
        var resized = new double[size];
        for (var i = 0; i < kept; i++) resized[i] = this[kept - 1 - i];
        (ring, head, Count) = (resized, 0, kept);
    }

    public void Add(double value)
    {
        if (Count < ring.Length)
        {
            ring[(head + Count++) % ring.Length] = value;
            return;
        }
        ring[head] = value;
        head = (head + 1) % ring.Length;
    }
}
