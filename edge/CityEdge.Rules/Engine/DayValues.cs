namespace CityEdge.Rules;

/// <summary>
/// One value a day of some hours of it, for one point: a ring of as many days as its rules look back on, and what has come of the hours that run. A day's value counts where its readings cover four
/// fifths of the hours; of the days looked back on, four fifths must count.
/// </summary>
internal sealed class DayValues(DayWindowSpec spec)
{
    public const int MaxDays = 400;
    public const int DayMinutes = 1440;
    private const double LeastCovered = 0.8;

    private double[] values = [];
    private int[] days = [];
    private int head;

    /// <summary>The hours that run or come next: their day, and from when until when, Unix ms.</summary>
    private (int Day, long StartMs, long EndMs) current = (0, long.MinValue, long.MinValue);

    private int count;
    private double sum;
    private double least = double.PositiveInfinity;
    private double most = double.NegativeInfinity;
    private long coveredMs;

    public DayWindowSpec Spec { get; } = spec;

    public int Count { get; private set; }

    /// <summary>How many days are kept; what is there stays as far as it fits.</summary>
    public void Resize(int size)
    {
        if (size == values.Length) return;
        var kept = Math.Min(Count, size);
        var (newValues, newDays) = (new double[size], new int[size]);
        for (var i = 0; i < kept; i++) (newDays[i], newValues[i]) = this[kept - 1 - i];
        (values, days, head, Count) = (newValues, newDays, 0, kept);
    }

    /// <summary>
    /// A value has come. The one before it, at <paramref name="beforeMs"/> (<see cref="long.MinValue"/>: none), was to be believed until <paramref name="supportedMs"/>.
    /// </summary>
    public void Add(long timeMs, double value, long beforeMs, long supportedMs, TimeZoneInfo zone)
    {
        if (beforeMs != long.MinValue) Cover(beforeMs, Math.Min(supportedMs, timeMs));
        if (timeMs >= current.EndMs)
        {
            Close();
            current = HoursAt(timeMs, zone);
            // What was told before the hours began holds into them.
            if (beforeMs != long.MinValue) Cover(beforeMs, Math.Min(supportedMs, timeMs));
        }
        if (timeMs < current.StartMs) return;
        count++;
        sum += value;
        least = Math.Min(least, value);
        most = Math.Max(most, value);
    }

    /// <summary>Over the last days; NaN where too few of them are known.</summary>
    public double Evaluate(int back, WindowFunction across)
    {
        Span<double> found = stackalloc double[MaxDays];
        var (known, total) = (0, 0d);
        for (var i = 0; i < Count; i++)
        {
            var (day, value) = this[i];
            if (day < current.Day - back) break;
            found[known++] = value;
            total += value;
        }
        if (known == 0 || known < back * LeastCovered) return double.NaN;
        found = found[..known];
        if (across == WindowFunction.Mean) return total / known;
        found.Sort();
        return across switch
        {
            WindowFunction.Min => found[0],
            WindowFunction.Max => found[^1],
            _ => (found[(known - 1) / 2] + found[known / 2]) / 2,
        };
    }

    public void Save(SnapshotWriter writer)
    {
        writer.Int(Spec.FromMinute);
        writer.Int(Spec.ToMinute);
        writer.Byte((byte)Spec.Within);
        writer.Int(current.Day);
        writer.Long(current.StartMs);
        writer.Long(current.EndMs);
        writer.Int(count);
        writer.Double(sum);
        writer.Double(least);
        writer.Double(most);
        writer.Long(coveredMs);
        writer.Int(Count);
        for (var back = Count - 1; back >= 0; back--)
        {
            writer.Int(this[back].Day);
            writer.Double(this[back].Value);
        }
    }

    public static DayValues Load(ref SnapshotReader reader)
    {
        var loaded = new DayValues(new DayWindowSpec(reader.Int(), reader.Int(), (WindowFunction)reader.Byte())) { current = (reader.Int(), reader.Long(), reader.Long()), count = reader.Int(), sum = reader.Double(), least = reader.Double(), most = reader.Double(), coveredMs = reader.Long() };
        var kept = reader.Count(sizeof(int) + sizeof(double));
        loaded.Resize(Math.Min(kept, MaxDays));
        for (var i = 0; i < kept && !reader.Failed; i++) loaded.Push(reader.Int(), reader.Double());
        return loaded;
    }

    /// <summary>The day <paramref name="back"/> places before the last known, which is 0, and its value.</summary>
    private (int Day, double Value) this[int back]
    {
        get
        {
            var place = (head + Count - 1 - back) % values.Length;
            return (days[place], values[place]);
        }
    }

    /// <summary>Least bytes of one in a snapshot.</summary>
    public const int SavedSize = 69;

    private void Cover(long fromMs, long toMs)
    {
        if (current.EndMs == long.MinValue) return;
        coveredMs += Math.Max(0, Math.Min(toMs, current.EndMs) - Math.Max(fromMs, current.StartMs));
    }

    private void Close()
    {
        if (count > 0 && coveredMs >= (current.EndMs - current.StartMs) * LeastCovered)
        {
            Push(current.Day, Spec.Within switch { WindowFunction.Max => most, WindowFunction.Mean => sum / count, _ => least });
        }
        (count, sum, least, most, coveredMs) = (0, 0, double.PositiveInfinity, double.NegativeInfinity, 0);
    }

    private void Push(int day, double value)
    {
        if (values.Length == 0) return;
        var place = (head + Count) % values.Length;
        (days[place], values[place]) = (day, value);
        if (Count < values.Length) Count++;
        else head = (head + 1) % values.Length;
    }

    /// <summary>The hours that contain the instant, or are the next after it.</summary>
    private (int Day, long StartMs, long EndMs) HoursAt(long timeMs, TimeZoneInfo zone)
    {
        // Those that began yesterday may run on.
        var day = LocalClock.DayOf(timeMs, zone).AddDays(-1);
        while (true)
        {
            var end = LocalClock.EndOf(Spec.FromMinute < Spec.ToMinute ? day : day.AddDays(1), Spec.ToMinute, zone);
            if (timeMs < end) return (day.DayNumber, LocalClock.StartOf(day, Spec.FromMinute, zone), end);
            day = day.AddDays(1);
        }
    }
}
