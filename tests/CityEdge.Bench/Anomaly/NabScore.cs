namespace CityEdge.Bench.Anomaly;

/// <summary>A labelled window of a recording: rows <paramref name="Left"/> to <paramref name="Right"/>, both inside.</summary>
internal readonly record struct NabWindow(int Left, int Right);

/// <summary>What one recording adds to a corpus: its raw value, that of a detector which says nothing, and that of a perfect one.</summary>
internal readonly record struct NabRaw(double Raw, double Null, double Perfect, int Found, int Windows, int FalseRows)
{
    public static NabRaw operator +(NabRaw a, NabRaw b) => new(a.Raw + b.Raw, a.Null + b.Null, a.Perfect + b.Perfect, a.Found + b.Found, a.Windows + b.Windows, a.FalseRows + b.FalseRows);

    /// <summary>100 for perfect, 0 for silence; NaN where there is no window to find.</summary>
    public double Score => 100 * (Raw - Null) / (Perfect - Null);
}

/// <summary>The score of the Numenta Anomaly Benchmark, as its repository computes it.</summary>
internal static class NabScore
{
    /// <summary>Rows at the start that are not scored.</summary>
    public static int Probation(int rows) => (int)Math.Min(Math.Floor(0.15 * rows), 750);

    /// <summary>Early is worth more than late, and far after a window costs as much as far from any.</summary>
    public static double Sigma(double x) => x > 3 ? -1 : 2 / (1 + Math.Exp(5 * x)) - 1;

    /// <summary>Scores one recording.</summary>
    public static NabRaw Of(ReadOnlySpan<double> scores, IReadOnlyList<NabWindow> windows, in NabProfile profile, double threshold = 0.5)
    {
        var probation = Probation(scores.Length);
        var best = new double[windows.Count];
        Array.Fill(best, double.NegativeInfinity);
        var (outside, falseRows) = (0d, 0);
        for (var i = probation; i < scores.Length; i++)
        {
            if (!(scores[i] >= threshold)) continue;
            var (inside, before) = (-1, -1);
            for (var w = 0; w < windows.Count; w++)
            {
                if (windows[w].Left <= i && i <= windows[w].Right) inside = w;
                if (windows[w].Right < i && (before < 0 || windows[w].Right > windows[before].Right)) before = w;
            }
            if (inside >= 0)
            {
                var (left, right) = windows[inside];
                best[inside] = Math.Max(best[inside], Sigma(-(right - i + 1.0) / (right - left + 1)) / Sigma(-1) * profile.TruePositive);
                continue;
            }
            falseRows++;
            outside += before < 0 ? -profile.FalsePositive : Sigma((i - windows[before].Right) / (double)(windows[before].Right - windows[before].Left)) * profile.FalsePositive;
        }
        var (raw, count, found) = (outside, 0, 0);
        for (var w = 0; w < windows.Count; w++)
        {
            if (windows[w].Right < probation) continue;
            count++;
            if (!double.IsNegativeInfinity(best[w])) found++;
            raw += Math.Max(-profile.FalseNegative, best[w]);
        }
        return new NabRaw(raw, -profile.FalseNegative * count, profile.TruePositive * count, found, count, falseRows);
    }
}
