using System.Globalization;
using System.Text.Json;

namespace CityEdge.Bench.Mqtt.Report;

/// <summary>Tables and verdicts of a run: Markdown on standard output as they come, JSON at the end.</summary>
internal sealed class BenchReport(TextWriter output)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly List<object> tables = [];
    private readonly List<object> raw = [];
    private readonly List<Verdict> verdicts = [];

    public IReadOnlyList<Verdict> Verdicts => verdicts;

    public void Table(string title, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var all = rows.ToList();
        tables.Add(new { title, columns, rows = all });
        output.WriteLine($"\n### {title}\n");
        output.WriteLine($"| {string.Join(" | ", columns)} |");
        output.WriteLine($"|{string.Concat(Enumerable.Repeat(" --- |", columns.Count))}");
        foreach (var row in all) output.WriteLine($"| {string.Join(" | ", row)} |");
        output.WriteLine();
        output.Flush();
    }

    public void Note(string text)
    {
        output.WriteLine(text);
        output.Flush();
    }

    /// <summary>What one run gave, for the JSON only.</summary>
    public void Raw(object measurement) => raw.Add(measurement);

    public void Judge(string what, string target, string measured, bool met)
    {
        verdicts.Add(new Verdict(what, target, measured, met));
        Note($"- {(met ? "met" : "**missed**")}: {what}: {measured} (target {target})");
    }

    /// <summary>All verdicts together.</summary>
    public void Summary() => Table("Verdicts", ["what", "target", "measured", "verdict"], verdicts.Select(v => (IReadOnlyList<string>)[v.What, v.Target, v.Measured, v.Met ? "met" : "**missed**"]));

    public void Save(string file, object machine) => File.WriteAllText(file, JsonSerializer.Serialize(new { machine, verdicts, tables, runs = raw }, Indented));

    /// <summary>A number as people read it in a table: three digits, thousands as k.</summary>
    public static string Short(double value) => value switch
    {
        >= 1e6 => (value / 1e6).ToString("0.00", CultureInfo.InvariantCulture) + "M",
        >= 10_000 => (value / 1e3).ToString("0.0", CultureInfo.InvariantCulture) + "k",
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    /// <summary>Median, and in parentheses least and most.</summary>
    public static string Spread(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 1 ? Short(sorted[0]) : $"{Short(Median(sorted))} ({Short(sorted[0])}-{Short(sorted[^1])})";
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        if (sorted.Count == 0) return 0;
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}

/// <summary>One target and whether it was met.</summary>
internal sealed record Verdict(string What, string Target, string Measured, bool Met);
