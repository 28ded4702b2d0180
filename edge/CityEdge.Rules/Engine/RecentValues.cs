using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>The last values of one point one by one, with their marks, for <c>last(N, …)</c>: a ring as large as the longest N of its rules.</summary>
internal sealed class RecentValues
{
    /// <summary>Longest look back, values.</summary>
    public const int MaxCount = 500;

    private double[] ring = [];
    private byte[] marks = [];
    private int head;

    public int Count { get; private set; }

    /// <summary>The value <paramref name="back"/> places before the last, which is 0.</summary>
    public double this[int back] => ring[PlaceOf(back)];

    public Quality QualityOf(int back) => (Quality)marks[PlaceOf(back)];

    /// <summary>How many values are kept; what is there stays as far as it fits.</summary>
    public void Resize(int size)
    {
        if (size == ring.Length) return;
        var kept = Math.Min(Count, size);
        var (values, qualities) = (new double[size], new byte[size]);
        for (var i = 0; i < kept; i++) (values[i], qualities[i]) = (this[kept - 1 - i], (byte)QualityOf(kept - 1 - i));
        (ring, marks, head, Count) = (values, qualities, 0, kept);
    }

    /// <summary>Gives what is pushed out; NaN when there was room.</summary>
    public (double Value, Quality Quality) Add(double value, Quality quality = Quality.Good)
    {
        var (place, lost) = (head, (double.NaN, Quality.Good));
        if (Count < ring.Length)
        {
            place = (head + Count++) % ring.Length;
        }
        else
        {
            lost = (ring[head], (Quality)marks[head]);
            head = (head + 1) % ring.Length;
        }
        (ring[place], marks[place]) = (value, (byte)quality);
        return lost;
    }

    /// <summary>Undoes <see cref="Add"/>, given what it gave.</summary>
    public void RemoveLast((double Value, Quality Quality) lost)
    {
        if (double.IsNaN(lost.Value))
        {
            Count--;
            return;
        }
        head = (head + ring.Length - 1) % ring.Length;
        (ring[head], marks[head]) = (lost.Value, (byte)lost.Quality);
    }

    private int PlaceOf(int back) => (head + Count - 1 - back) % ring.Length;
}
