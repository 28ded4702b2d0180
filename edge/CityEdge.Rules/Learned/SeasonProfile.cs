namespace CityEdge.Rules;

/// <summary>
/// What is usual at each hour of the week and of the day, local time: centre and spread of each, and how far from the centre values lie, over all hours together. An hour counts as known once it was seen on
/// two different weeks (days).
/// </summary>
internal sealed class SeasonProfile
{
    private const long HourMs = 3_600_000;

    /// <summary>Slots of hours of the week; those of hours of the day follow.</summary>
    public const int Week = 168;
    private const int Hours = Week + 24;
    private const int Bins = 128;
    private const float PerSpread = 8;

    /// <summary>An hour's centre follows its readings by this share of one occasion.</summary>
    private const float Gain = 0.2f;

    private readonly float[] centre = new float[Hours];
    private readonly float[] spread = new float[Hours];
    private readonly float[] occasions = new float[Hours];
    private readonly float[] share = new float[Bins];
    private readonly float[] sum = new float[2];
    private readonly float[] size = new float[2];
    private long currentHour = long.MinValue;

    /// <summary>Bytes of its state.</summary>
    public const int StateBytes = (Hours * 3 + Bins + 4) * 4 + 8;

    /// <summary>Learns a value; an hour's centre moves when the hour is over.</summary>
    public void Learn(long localMs, double value)
    {
        var hour = Math.DivRem(localMs, HourMs).Quotient;
        if (hour != currentHour)
        {
            if (size[0] > 0)
            {
                Close(WeekSlot(currentHour));
                Close(DaySlot(currentHour));
            }
            (currentHour, sum[0], sum[1], size[0]) = (hour, 0, 0, 0);
        }
        var slot = Best(localMs);
        if (slot >= 0 && spread[slot] > 0)
        {
            for (var i = 0; i < Bins; i++) share[i] *= 0.9995f;
            share[BinOf(value, slot)] += 0.0005f;
        }
        sum[0] += (float)value;
        size[0]++;
        var reference = occasions[DaySlot(hour)] > 0 ? centre[DaySlot(hour)] : sum[0] / size[0];
        sum[1] += Math.Abs((float)value - reference);
    }

    /// <summary>The usual value at a local time, between hours' centres; NaN when not known.</summary>
    public double At(long localMs)
    {
        var (before, after) = (localMs - HourMs / 2, localMs + HourMs / 2);
        var (a, b) = (Best(before), Best(after));
        if (a < 0 || b < 0) return double.NaN;
        var part = (double)Math.DivRem(before, HourMs).Remainder / HourMs;
        return centre[a] + (centre[b] - centre[a]) * part;
    }

    /// <summary>Percentage of values at such an hour that lie below, and the slot of that hour: of the week, else of the day, else -1.</summary>
    public (double Below, int Slot) Rank(long localMs, double value)
    {
        var slot = Best(localMs);
        if (slot < 0 || !(spread[slot] > 0)) return (double.NaN, -1);
        var (below, total, bin) = (0d, 0d, BinOf(value, slot));
        for (var i = 0; i < Bins; i++)
        {
            total += share[i];
            if (i < bin) below += share[i];
            else if (i == bin) below += share[i] / 2d;
        }
        return total > 0 ? (100 * below / total, slot) : (double.NaN, -1);
    }

    public void Save(SnapshotWriter writer)
    {
        writer.Floats(centre);
        writer.Floats(spread);
        writer.Floats(occasions);
        writer.Floats(share);
        writer.Floats(sum);
        writer.Floats(size);
        writer.Long(currentHour);
    }

    public void Load(ref SnapshotReader reader)
    {
        reader.Floats(centre);
        reader.Floats(spread);
        reader.Floats(occasions);
        reader.Floats(share);
        reader.Floats(sum);
        reader.Floats(size);
        currentHour = reader.Long();
    }

    private int Best(long localMs)
    {
        var hour = Math.DivRem(localMs, HourMs).Quotient;
        if (occasions[WeekSlot(hour)] >= 2) return WeekSlot(hour);
        return occasions[DaySlot(hour)] >= 2 ? DaySlot(hour) : -1;
    }

    private void Close(int slot)
    {
        var (mean, deviation) = (sum[0] / size[0], sum[1] / size[0]);
        var gain = Math.Max(Gain, 1 / (occasions[slot] + 1));
        // The spread is that of single values: within the hour, and of the hour from one week to the next.
        deviation = Math.Max(deviation, occasions[slot] > 0 ? Math.Abs(mean - centre[slot]) : 0);
        centre[slot] += gain * (mean - centre[slot]);
        spread[slot] += gain * (deviation - spread[slot]);
        occasions[slot] = Math.Min(occasions[slot] + 1, 1000);
    }

    private int BinOf(double value, int slot) => (int)Math.Clamp(Bins / 2 + (value - centre[slot]) / spread[slot] * PerSpread, 0, Bins - 1);

    // 1970-01-01 was a Thursday; slot 0 is Monday 00-01 h.
    private static int WeekSlot(long hour) => (int)(((hour + 72) % Week + Week) % Week);

    private static int DaySlot(long hour) => Week + (int)((hour % 24 + 24) % 24);
}
