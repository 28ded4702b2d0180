using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>Gathers the rows of one UTC hour, or of the part of it that lies in one bucket.</summary>
internal sealed class HourAccumulator
{
    public const long HourLength = 3_600_000;
    private long count;
    private long numbers;
    private double sum;
    private double low;
    private double high;
    private ReadingValue first;
    private ReadingValue last;

    /// <summary>Begin of the hour, Unix ms.</summary>
    public long HourMs { get; private set; } = long.MinValue;

    public long Count => count;

    public HourRow Row => new(HourMs, count, numbers, sum, low, high, first, last);

    public long HourOf(long timeMs) => Math.DivRem(timeMs, HourLength) is var (hour, rest) && rest < 0 ? (hour - 1) * HourLength : hour * HourLength;

    /// <summary>Names the hour; returns its end.</summary>
    public long Begin(long timeMs)
    {
        HourMs = HourOf(timeMs);
        return HourMs + HourLength;
    }

    public void Clear() => (count, numbers, sum, HourMs) = (0, 0, 0, long.MinValue);

    public void Add(in StoredReading reading, long untilMs)
    {
        System.Diagnostics.Debug.Assert(reading.TimeMs < untilMs);
        if (count++ == 0) first = reading.Value;
        last = reading.Value;
        if (reading.Value.Type is ReadingType.Number or ReadingType.Boolean) Number(reading.Value.AsNumber);
    }

    /// <summary>Rows before a time; returns the index of the first that is not.</summary>
    public int Add(ChunkColumns rows, int start, int end, long untilMs)
    {
        var times = rows.Times;
        var stop = start + 1;
        while (stop < end && times[stop] < untilMs) stop++;
        if (count == 0) first = rows.Value(start);
        last = rows.Value(stop - 1);
        count += stop - start;
        if (rows.Uniform is ReadingType.Number or ReadingType.Boolean)
        {
            foreach (var number in rows.Numbers[start..stop]) Number(number);
            return stop;
        }
        for (var i = start; i < stop; i++)
        {
            if (rows.TypeOf(i) is ReadingType.Number or ReadingType.Boolean) Number(rows.Numbers[i]);
        }
        return stop;
    }

    private void Number(double number)
    {
        (low, high) = numbers == 0 ? (number, number) : (Math.Min(low, number), Math.Max(high, number));
        sum += number;
        numbers++;
    }
}
