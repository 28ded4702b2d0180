using System.Globalization;
using CityEdge.Bench.Mqtt.Report;
using CityEdge.Contracts;
using CityEdge.Rules;

namespace CityEdge.Bench.Faults;

/// <summary>
/// Half a year of a water network's inflow (BattLeDIM 2019) under night-flow rules. A leak is found by an alarm raised after it began, within <see cref="Within"/> and before its repair; an alarm counts for one
/// leak, the newest that is not found yet, and for nothing else it is false. Leaks that already ran when the recording begins cannot be found by a rise and are not counted.
/// </summary>
internal static class LeakBench
{
    private const double SecondsPerHour = 3600;
    private static readonly TimeSpan Within = TimeSpan.FromDays(30);
    private static readonly CultureInfo Comma = CultureInfo.GetCultureInfo("de-DE");

    private sealed record Leak(string Pipe, DateTime Start, DateTime End, double DiameterMm, string Type);

    public static void Run(string folder, TextWriter output)
    {
        var report = new BenchReport(output);
        var flows = File.ReadLines(Path.Combine(folder, "flows-2019-h1.csv")).Skip(1).Select(line => line.Split(';')).Select(Row).ToList();
        var leaks = File.ReadLines(Path.Combine(folder, "leaks-h1.csv")).Skip(1).Where(line => line.Length > 0).Select(line => line.Split(',', StringSplitOptions.TrimEntries))
            .Select(f => new Leak(f[0], Time(f[1]), Time(f[2]), double.Parse(f[3], CultureInfo.InvariantCulture) * 1000, f[4])).Where(leak => leak.Start > flows[0].Time).ToList();
        var months = (flows[^1].Time - flows[0].Time).TotalDays / 30;
        var rows = new List<IReadOnlyList<string>>();
        var details = new List<IReadOnlyList<string>>();
        foreach (var rule in FaultRules.Load("leak"))
        {
            var alarms = Raises(rule, flows);
            var found = new Dictionary<Leak, DateTime>();
            var wrong = 0;
            foreach (var at in alarms)
            {
                var leak = leaks.Where(l => l.Start <= at && at <= l.End && at - l.Start <= Within && !found.ContainsKey(l)).MaxBy(l => l.Start);
                if (leak is null) wrong++;
                else found[leak] = at;
            }
            var delays = found.Select(pair => (pair.Value - pair.Key.Start).TotalDays).ToList();
            rows.Add([rule.Id, $"{found.Count} of {leaks.Count}", $"{alarms.Count}", $"{wrong}", Number(wrong / months), delays.Count == 0 ? "" : Number(BenchReport.Median(delays)), Lead(found)]);
            details.AddRange(leaks.Select(l => (IReadOnlyList<string>)[rule.Id, l.Pipe, l.Type, Number(l.DiameterMm), $"{l.Start:MM-dd HH:mm}", found.TryGetValue(l, out var at) ? $"{at:MM-dd HH:mm}" : "missed"]));
        }
        report.Table($"Leaks: BattLeDIM 2019, first half, inflow p227 + p235, {leaks.Count} leaks that begin in it", ["rule", "found", "alarms", "false", "false a month", "days from the start, median", "days before the repair, median of repaired"], rows);
        report.Table("Leak by leak", ["rule", "pipe", "type", "hole mm", "began", "alarm"], details);
    }

    private static string Lead(Dictionary<Leak, DateTime> found)
    {
        var lead = found.Where(pair => pair.Key.End.Month < 12).Select(pair => (pair.Key.End - pair.Value).TotalDays).ToList();
        return lead.Count == 0 ? "" : $"{Number(BenchReport.Median(lead))} ({lead.Count})";
    }

    private static List<DateTime> Raises(RuleDefinition rule, List<(DateTime Time, double Flow)> flows)
    {
        var rules = FaultRules.Start([rule], [("inflow", PointKind.Flow)], Ms(flows[0].Time));
        foreach (var (time, flow) in flows) rules.Apply("inflow", Ms(time), flow);
        return [.. rules.Transitions.Where(t => t is { Change: AlarmChange.Raised, NoData: false }).Select(t => DateTimeOffset.FromUnixTimeMilliseconds(t.AtMs).UtcDateTime)];
    }

    private static (DateTime Time, double Flow) Row(string[] fields) => (Time(fields[0]), (double.Parse(fields[1], Comma) + double.Parse(fields[2], Comma)) / SecondsPerHour);

    private static DateTime Time(string text) => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    private static long Ms(DateTime time) => new DateTimeOffset(time).ToUnixTimeMilliseconds();

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
