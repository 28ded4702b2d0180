namespace CityEdge.Rules;

/// <summary>One kept sample, or several neighbours merged into one; <paramref name="TimeMs"/> and <paramref name="Last"/> are those of the latest, <paramref name="GapMs"/> is time without support before it, <paramref name="SquaredDeviations"/> the sum of squared distances from their own mean.</summary>
internal record struct Sample(long TimeMs, double Last, double Sum, double Min, double Max, int Count, long GapMs, double SquaredDeviations = 0);

/// <summary>
/// The recent samples of one point, shared by all rules on it: a ring over the longest window that any of them asks for. Exact up to <see cref="Capacity"/> samples; beyond, neighbours are merged into
/// pieces of at most 1/<see cref="Pieces"/> of that window, so that only a window's old edge is blurred, by that much.
/// </summary>
internal sealed class SampleHistory
{
    public const int Capacity = 1024;

    private const int Pieces = 256;

    /// <summary>A window is known when at most this share of it is without support.</summary>
    private const double MostUnsupported = 0.2;

    private const double MsPerHour = 3_600_000;

    private Sample[] ring = new Sample[16];
    private int head;

    public int Count { get; private set; }

    /// <summary>Time of the first sample ever seen; decides whether a window is covered yet.</summary>
    public long FirstMs { get; private set; } = long.MaxValue;

    public Sample this[int index] => ring[(head + index) & (ring.Length - 1)];

    /// <summary>A sample after <paramref name="settledMs"/> may still be taken back, so it stays by itself, and what a window before it needs stays too.</summary>
    public void Add(long timeMs, double value, long gapMs, long keepMs, long settledMs = long.MaxValue)
    {
        if (Count == 0 && FirstMs == long.MaxValue) FirstMs = timeMs;
        var oldest = timeMs - keepMs - (settledMs == long.MaxValue ? 0 : PointPast.LatenessMs);
        // One sample at or before the window's start stays: delta needs it.
        while (Count > 1 && this[1].TimeMs <= oldest) RemoveFirst();
        if (Count == Capacity) Merge(keepMs / Pieces, settledMs);
        Push(new Sample(timeMs, value, value, value, value, 1, gapMs));
    }

    /// <summary>Undoes <see cref="Add"/> of the last sample.</summary>
    public void RemoveLast()
    {
        Count--;
        if (Count == 0) FirstMs = long.MaxValue;
    }

    /// <summary>More is kept from now on: what was let go does not count as covered.</summary>
    public void Widen()
    {
        if (Count > 0) FirstMs = this[0].TimeMs;
    }

    /// <summary>For loading a snapshot.</summary>
    public void Restore(long firstMs, ReadOnlySpan<Sample> samples)
    {
        (FirstMs, Count, head) = (firstMs, 0, 0);
        foreach (var sample in samples) Push(sample);
    }

    /// <summary>The function over (now - window, now]; NaN until the window is covered.</summary>
    public double Evaluate(WindowFunction function, long windowMs, long nowMs)
    {
        var start = nowMs - windowMs;
        var (sum, min, max, count, gap) = (0d, double.PositiveInfinity, double.NegativeInfinity, 0L, 0L);
        var extremes = function is WindowFunction.Min or WindowFunction.Max;
        var index = Count - 1;
        for (; index >= 0; index--)
        {
            ref readonly var sample = ref ring[(head + index) & (ring.Length - 1)];
            if (sample.TimeMs <= start) break;
            sum += sample.Sum;
            count += sample.Count;
            gap += sample.GapMs;
            if (!extremes) continue;
            min = Math.Min(min, sample.Min);
            max = Math.Max(max, sample.Max);
        }
        if (function == WindowFunction.Count) return count;
        if (FirstMs > start || count == 0 || gap > windowMs * MostUnsupported) return double.NaN;
        return function switch
        {
            WindowFunction.Mean => sum / count,
            WindowFunction.Min => min,
            WindowFunction.Max => max,
            WindowFunction.Sum => sum,
            WindowFunction.Deviation => Deviation(index + 1, sum / count, count),
            WindowFunction.Median => Median(index + 1, count),
            // Over the time between the two samples, not over the window: the older one may lie well before its start.
            WindowFunction.Rate => index < 0 ? double.NaN : (this[Count - 1].Last - this[index].Last) * MsPerHour / (this[Count - 1].TimeMs - this[index].TimeMs),
            _ => index < 0 ? double.NaN : this[Count - 1].Last - this[index].Last,
        };
    }

    private double Deviation(int from, double mean, long count)
    {
        var squares = 0d;
        for (var i = from; i < Count; i++)
        {
            var sample = this[i];
            var distance = sample.Sum / sample.Count - mean;
            squares += sample.SquaredDeviations + sample.Count * distance * distance;
        }
        return count < 2 ? double.NaN : Math.Sqrt(squares / (count - 1));
    }

    /// <summary>Of merged samples each counts as often as it stands for, with its mean.</summary>
    private double Median(int from, long count)
    {
        Span<double> values = stackalloc double[Capacity];
        Span<int> weights = stackalloc int[Capacity];
        values = values[..(Count - from)];
        weights = weights[..values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            var sample = this[from + i];
            (values[i], weights[i]) = (sample.Sum / sample.Count, sample.Count);
        }
        values.Sort(weights);
        var (seen, at) = (0L, 0);
        while (seen + weights[at] <= (count - 1) / 2) seen += weights[at++];
        var lower = values[at];
        while (seen + weights[at] <= count / 2) seen += weights[at++];
        return (lower + values[at]) / 2;
    }

    private static double Joined(in Sample a, in Sample b)
    {
        var distance = a.Sum / a.Count - b.Sum / b.Count;
        return a.SquaredDeviations + b.SquaredDeviations + distance * distance * a.Count * b.Count / (a.Count + b.Count);
    }

    private void Push(in Sample sample)
    {
        if (Count == ring.Length)
        {
            var larger = new Sample[ring.Length * 2];
            for (var i = 0; i < Count; i++) larger[i] = this[i];
            (ring, head) = (larger, 0);
        }
        ring[(head + Count) & (ring.Length - 1)] = sample;
        Count++;
    }

    private void RemoveFirst()
    {
        head = (head + 1) & (ring.Length - 1);
        Count--;
    }

    /// <summary>Any two neighbours left span more than <paramref name="widthMs"/> together, so at most about half of the ring stays in use.</summary>
    private void Merge(long widthMs, long settledMs)
    {
        // The first piece stays: what delta measures from lies before the window.
        var kept = 1;
        for (var i = 1; i < Count; i++)
        {
            var next = this[i];
            ref var piece = ref ring[(head + kept - 1) & (ring.Length - 1)];
            if (kept > 1 && next.TimeMs <= settledMs && next.TimeMs - this[kept - 2].TimeMs <= widthMs)
            {
                piece = new Sample(next.TimeMs, next.Last, piece.Sum + next.Sum, Math.Min(piece.Min, next.Min), Math.Max(piece.Max, next.Max), piece.Count + next.Count, piece.GapMs + next.GapMs, Joined(piece, next));
            }
            else
            {
                ring[(head + kept++) & (ring.Length - 1)] = next;
            }
        }
        Count = kept;
    }
}
