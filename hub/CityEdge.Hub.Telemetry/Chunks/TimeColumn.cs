namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Times of a chunk: the first, then either steps in their largest common unit (minutes, seconds or milliseconds), or, for a clock that wavers about a period,
/// slots of that period and what each row is off its slot. Both through <see cref="IntPacker"/>; even steps cost nothing a row.
/// </summary>
internal sealed class TimeColumn(IntPacker packer)
{
    private static readonly long[] Units = [1, 1000, 60_000];
    private const byte Slots = 3;
    private long[] steps = new long[128];
    private long[] slots = new long[128];
    private long[] offsets = new long[128];

    public void Write(ByteWriter output, ReadOnlySpan<long> times)
    {
        if (steps.Length < times.Length) (steps, slots, offsets) = (new long[times.Length], new long[times.Length], new long[times.Length]);
        output.Varint(ByteWriter.ZigZag(times[0]));
        if (times.Length == 1) return;
        var step = steps.AsSpan(0, times.Length - 1);
        var even = true;
        for (var i = 0; i < step.Length; i++)
        {
            step[i] = unchecked(times[i + 1] - times[i]);
            even &= step[i] == step[0];
        }
        var unit = Units.Length - 1;
        while (unit > 0 && !AreMultiples(step, Units[unit])) unit--;
        if (unit > 0)
        {
            for (var i = 0; i < step.Length; i++) step[i] /= Units[unit];
        }
        var plan = packer.Choose(step);
        if (unit == 0 && !even && step.Length >= 8 && WriteSlots(output, times, plan.Bits)) return;
        output.Byte((byte)unit);
        packer.Write(output, step, plan);
    }

    public static void Read(ref ByteReader reader, Span<long> times, Span<long> scratch)
    {
        times[0] = ByteReader.UnZigZag(reader.Varint());
        if (times.Length == 1) return;
        var mode = reader.Byte();
        if (mode > Slots) reader.Fail();
        var period = mode == Slots ? (long)reader.Varint() : 0;
        if (reader.Failed) return;
        var step = times[1..];
        IntPacker.Read(ref reader, step);
        if (mode != Slots)
        {
            var unit = Units[mode];
            for (var i = 1; i < times.Length; i++) times[i] = unchecked(times[i - 1] + (times[i] * unit));
            return;
        }
        var offset = scratch[..step.Length];
        IntPacker.Read(ref reader, offset);
        long slot = 0;
        for (var i = 0; i < offset.Length; i++)
        {
            slot = unchecked(slot + step[i]);
            step[i] = unchecked(times[0] + (slot * period) + offset[i]);
        }
    }

    private static bool AreMultiples(ReadOnlySpan<long> steps, long unit)
    {
        foreach (var step in steps)
        {
            if (step % unit != 0) return false;
        }
        return true;
    }

    private bool WriteSlots(ByteWriter output, ReadOnlySpan<long> times, long limit)
    {
        var count = times.Length - 1;
        if (Period(times) is not (> 1 and var period)) return false;
        long before = 0;
        for (var i = 0; i < count; i++)
        {
            var since = times[i + 1] - times[0];
            var slot = (since + (since < 0 ? -period / 2 : period / 2)) / period;
            (slots[i], offsets[i], before) = (slot - before, since - (slot * period), slot);
        }
        var (slotPlan, offsetPlan) = (packer.Choose(slots.AsSpan(0, count)), packer.Choose(offsets.AsSpan(0, count)));
        if (slotPlan.Bits + offsetPlan.Bits + 40 >= limit) return false;
        output.Byte(Slots);
        output.Varint((ulong)period);
        packer.Write(output, slots.AsSpan(0, count), slotPlan);
        packer.Write(output, offsets.AsSpan(0, count), offsetPlan);
        return true;
    }

    /// <summary>Mean of the steps that are no gaps, rounded to a second or a tenth where the rows allow it; 0 when there is none.</summary>
    private long Period(ReadOnlySpan<long> times)
    {
        const long Largest = 1L << 50;
        if (times[0] is < -Largest or > Largest) return 0;
        foreach (var time in times)
        {
            if (time is < -Largest or > Largest) return 0;
        }
        Span<long> sample = stackalloc long[9];
        var count = times.Length - 1;
        for (var i = 0; i < sample.Length; i++) sample[i] = steps[(int)((long)i * (count - 1) / (sample.Length - 1))];
        sample.Sort();
        var middle = sample[sample.Length / 2];
        if (middle <= 0) return 0;
        var (sum, used, widest) = (0L, 0, 0L);
        for (var i = 0; i < count; i++)
        {
            if (steps[i] <= middle / 2 || steps[i] >= middle + (middle / 2)) continue;
            sum += steps[i];
            used++;
            widest = Math.Max(widest, Math.Abs(steps[i] - middle));
        }
        if (used == 0) return 0;
        var mean = (double)sum / used;
        foreach (var grain in (ReadOnlySpan<long>)[1000, 100, 10])
        {
            var round = (long)Math.Round(mean / grain) * grain;
            if (round > 0 && Math.Abs(round - mean) * used <= 2 * widest) return round;
        }
        return (long)Math.Round(mean);
    }
}
