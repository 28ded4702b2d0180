using System.Globalization;

namespace CityEdge.Bench.Anomaly;

/// <summary>One run of SKAB: eight sensors a second, and whether each row is labelled an anomaly (never in the anomaly-free run, which has no such column).</summary>
internal sealed record SkabRecording(string Name, long[] TimesMs, double[][] Rows, bool[] Anomalous)
{
    /// <summary>Columns that are sensors; time stands before them, labels after.</summary>
    public const int Sensors = 8;

    /// <summary>The runs of one folder below <paramref name="shared"/>/skab, by name.</summary>
    public static List<SkabRecording> LoadAll(string shared, string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(shared, "skab", folder), "*.csv").OrderBy(file => file.Length).ThenBy(file => file, StringComparer.Ordinal).Select(Load)];

    private static SkabRecording Load(string file)
    {
        var rows = File.ReadLines(file).Skip(1).Select(line => line.Split(';')).ToList();
        return new SkabRecording(
            Path.GetFileNameWithoutExtension(file),
            [.. rows.Select(row => DateTimeOffset.ParseExact(row[0], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds())],
            [.. rows.Select(row => row[1..(Sensors + 1)].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray())],
            [.. rows.Select(row => row.Length > Sensors + 1 && double.Parse(row[Sensors + 1], CultureInfo.InvariantCulture) != 0)]);
    }
}
