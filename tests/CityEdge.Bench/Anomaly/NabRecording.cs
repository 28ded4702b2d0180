using System.Globalization;
using System.Text.Json;
using CityEdge.Rules;

namespace CityEdge.Bench.Anomaly;

/// <summary>One recording of NAB with its labelled windows.</summary>
internal sealed record NabRecording(string Name, long[] TimesMs, double[] Values, IReadOnlyList<NabWindow> Windows)
{
    /// <summary>All recordings below <paramref name="shared"/>/nab, in the order of their names.</summary>
    public static List<NabRecording> LoadAll(string shared)
    {
        var folder = Path.Combine(shared, "nab");
        using var labels = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "labels", "windows.json")));
        var recordings = new List<NabRecording>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "data"), "*.csv", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(Path.Combine(folder, "data"), file).Replace('\\', '/');
            var rows = File.ReadLines(file).Skip(1).Select(line => line.Split(',')).ToList();
            var times = rows.ConvertAll(row => TimeOf(row[0])).ToArray();
            var values = rows.ConvertAll(row => double.Parse(row[1], CultureInfo.InvariantCulture)).ToArray();
            var windows = labels.RootElement.GetProperty(name).EnumerateArray().Select(pair => WindowOf(times, TimeOf(pair[0].GetString()!), TimeOf(pair[1].GetString()!))).ToList();
            recordings.Add(new NabRecording(name, times, values, windows));
        }
        return recordings;
    }

    /// <summary>The learned normal's scores, one pass.</summary>
    public double[] Score()
    {
        var normal = new LearnedNormal();
        var scores = new double[Values.Length];
        for (var i = 0; i < scores.Length; i++) scores[i] = normal.Observe(TimesMs[i], Values[i]);
        return scores;
    }

    private static long TimeOf(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds();

    private static NabWindow WindowOf(long[] times, long from, long to)
    {
        var left = Array.IndexOf(times, from);
        var right = Array.LastIndexOf(times, to);
        return left < 0 || right < left ? throw new InvalidDataException("a labelled window does not begin and end at rows of its recording") : new NabWindow(left, right);
    }
}
