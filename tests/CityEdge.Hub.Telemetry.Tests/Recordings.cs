using System.Globalization;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>The recordings beside the repository, as series of (Unix ms, number) with the decimals that their text has.</summary>
internal static class Recordings
{
    private static readonly string[] Sets = ["nab", "skab", "lbnl-fdd", "battledim", "occupancy", "weather", "room-climate"];

    /// <summary>One column of one recording.</summary>
    /// <param name="Set">Folder of the recording.</param>
    /// <param name="Name">File and column.</param>
    /// <param name="Decimals">Most decimals of any value as written.</param>
    /// <param name="Rows">Times and numbers, in the file's order.</param>
    public sealed record Column(string Set, string Name, int Decimals, List<(long TimeMs, double Number)> Rows);

    /// <summary>All columns under a folder such as <c>../shared/data</c>.</summary>
    public static IEnumerable<Column> Read(string folder)
    {
        foreach (var file in Files(folder, "nab", "*.csv")) foreach (var c in Columns(file, ',', 0, Iso, 1)) yield return c;
        foreach (var file in Files(folder, "skab", "*.csv")) foreach (var c in Columns(file, ';', 0, Iso, 1)) yield return c;
        foreach (var file in Files(folder, "lbnl-fdd", "*.csv")) foreach (var c in Columns(file, ',', 0, American, 1)) yield return c;
        foreach (var file in Files(folder, "battledim", "flows*.csv")) foreach (var c in Columns(file, ';', 0, Iso, 1, comma: true)) yield return c;
        foreach (var file in Files(folder, "occupancy", "*.txt")) foreach (var c in Columns(file, ',', 1, Iso, 2, skewed: true)) yield return c;
        foreach (var file in Files(folder, "weather", "*.csv")) foreach (var c in Weather(file)) yield return c;
        foreach (var file in Files(folder, "room-climate", "*.csv")) foreach (var c in Rooms(file)) yield return c;
    }

    private static IEnumerable<string> Files(string folder, string set, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(folder, set), pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(f => !f.Contains("label", StringComparison.Ordinal));

    private static long Iso(string text) => DateTime.ParseExact(text.Trim('"').PadRight(19), "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal) is var t ? new DateTimeOffset(t).ToUnixTimeMilliseconds() : 0;

    private static long American(string text) => new DateTimeOffset(DateTime.ParseExact(text, "M/d/yyyy H:mm", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)).ToUnixTimeMilliseconds();

    private static IEnumerable<Column> Columns(string file, char separator, int timeAt, Func<string, long> time, int firstValue, bool comma = false, bool skewed = false)
    {
        var lines = File.ReadAllLines(file);
        var names = lines[0].Split(separator);
        var made = new Dictionary<int, Column>();
        for (var l = 1; l < lines.Length; l++)
        {
            var cells = lines[l].Split(separator);
            // In the occupancy file a row number comes before what the head names.
            for (var i = firstValue; i < cells.Length; i++) Add(made, file, i, names[skewed ? i - 1 : i], time(cells[timeAt]), comma ? cells[i].Replace(',', '.') : cells[i]);
        }
        return made.Values;
    }

    private static IEnumerable<Column> Weather(string file)
    {
        var made = new Dictionary<int, Column>();
        foreach (var line in File.ReadLines(file).Skip(1))
        {
            var cells = line.Split(',');
            var time = new DateTimeOffset(int.Parse(cells[1], CultureInfo.InvariantCulture), int.Parse(cells[2], CultureInfo.InvariantCulture), int.Parse(cells[3], CultureInfo.InvariantCulture), int.Parse(cells[4], CultureInfo.InvariantCulture), 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
            foreach (var i in (int[])[5, 6, 7, 8, 10, 11, 12]) Add(made, file, i, i.ToString(CultureInfo.InvariantCulture), time, cells[i]);
        }
        return made.Values;
    }

    private static IEnumerable<Column> Rooms(string file)
    {
        var made = new Dictionary<int, Column>();
        foreach (var line in File.ReadLines(file))
        {
            var cells = line.Split(',', StringSplitOptions.TrimEntries);
            var node = int.Parse(cells[3], CultureInfo.InvariantCulture);
            for (var i = 4; i < cells.Length; i++) Add(made, file, (node * 100) + i, $"node {node} column {i}", long.Parse(cells[1], CultureInfo.InvariantCulture), cells[i]);
        }
        return made.Values;
    }

    private static void Add(Dictionary<int, Column> made, string file, int key, string name, long time, string text)
    {
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return;
        var dot = text.IndexOf('.');
        var decimals = dot < 0 ? 0 : text.Contains('e', StringComparison.OrdinalIgnoreCase) ? 17 : text.TrimEnd('0').Length - dot - 1;
        if (!made.TryGetValue(key, out var column)) made[key] = column = new Column(Set(file), $"{Path.GetFileNameWithoutExtension(file)}: {name}", decimals, []);
        if (decimals > column.Decimals) made[key] = column = column with { Decimals = decimals };
        column.Rows.Add((time, number));
    }

    private static string Set(string file) => Sets.First(s => file.Contains($"{Path.DirectorySeparatorChar}{s}{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
}
