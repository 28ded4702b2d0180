using System.Globalization;
using CityEdge.Bench.Mqtt.Report;
using CityEdge.Contracts;
using CityEdge.Rules;

namespace CityEdge.Bench.Faults;

/// <summary>
/// Days of two air-handling units (LBNL FDD), each day with a fault all day or with none. Every day is an engine of its own, since the days are of different experiments: a day is found when any rule
/// raises on it. A ticket on a day without a fault is false.
/// </summary>
internal static class AirHandlerBench
{
    private sealed record Unit(string File, (string Name, PointKind Kind, string Column)[] Points);

    private sealed record Day(DateTime Date, bool Faulty, IReadOnlyList<AlarmTransition> Raised);

    /// <summary>A rule hears its own point last, after those it looks at.</summary>
    private static (string Name, PointKind Kind, string Column)[] Points(string heatingSetPoint, string coolingSetPoint) =>
    [
        ("fan.ratio", PointKind.Ratio, "AHU: Supply Air Fan Status"),
        ("occupied.ratio", PointKind.Ratio, "Occupancy Mode Indicator"),
        ("heating.setpoint.temperature", PointKind.Temperature, heatingSetPoint),
        ("cooling.setpoint.temperature", PointKind.Temperature, coolingSetPoint),
        ("outdoor.temperature", PointKind.Temperature, "AHU: Outdoor Air Temperature"),
        ("return.temperature", PointKind.Temperature, "AHU: Return Air Temperature"),
        ("heating.ratio", PointKind.Ratio, "AHU: Heating Coil Valve Control Signal"),
        ("cooling.ratio", PointKind.Ratio, "AHU: Cooling Coil Valve Control Signal"),
        ("mixed.temperature", PointKind.Temperature, "AHU: Mixed Air Temperature"),
        ("supply.temperature", PointKind.Temperature, "AHU: Supply Air Temperature"),
    ];

    private static readonly Unit[] Units =
    [
        new("SZCAV", Points("AHU: Supply Air Temperature Heating Set Point", "AHU: Supply Air Temperature Cooling Set Point")),
        new("MZVAV-2-2", Points("AHU: Supply Air Temperature Set Point", "AHU: Supply Air Temperature Set Point")),
    ];

    public static void Run(string folder, TextWriter output)
    {
        var report = new BenchReport(output);
        var rules = FaultRules.Load("ahu");
        var rows = new List<IReadOnlyList<string>>();
        foreach (var unit in Units)
        {
            var days = Days(Path.Combine(folder, unit.File + ".csv"), unit, rules);
            rows.Add(Row(unit.File, "all rules together", days, _ => true));
            rows.AddRange(rules.Select(rule => Row(unit.File, rule.Id, days, t => t.Rule == rule.Id)));
        }
        report.Table("Air-handling units: LBNL FDD, one minute, a label a day", ["unit", "rule", "faulty days found", "days without a fault on which it raised", "false tickets a month", "first alarm of a found day, hours after midnight, median"], rows);
    }

    private static IReadOnlyList<string> Row(string unit, string rule, List<Day> days, Func<AlarmTransition, bool> mine)
    {
        var faulty = days.Where(day => day.Faulty).ToList();
        var healthy = days.Where(day => !day.Faulty).ToList();
        var found = faulty.Where(day => day.Raised.Any(mine)).ToList();
        var wrong = healthy.Sum(day => day.Raised.Count(mine));
        var hours = found.ConvertAll(day => (day.Raised.First(mine).AtMs - Ms(day.Date)) / 3_600_000d);
        return [unit, rule, $"{found.Count} of {faulty.Count}", $"{healthy.Count(day => day.Raised.Any(mine))} of {healthy.Count}", Number(wrong * 30d / healthy.Count), found.Count == 0 ? "" : Number(BenchReport.Median(hours))];
    }

    private static List<Day> Days(string file, Unit unit, IReadOnlyList<RuleDefinition> rules)
    {
        using var lines = File.ReadLines(file).GetEnumerator();
        lines.MoveNext();
        var header = lines.Current.Split(',').Select(column => column.Trim()).ToList();
        var columns = unit.Points.Select(point => header.IndexOf(point.Column) is >= 0 and var at ? at : throw new InvalidOperationException($"{file}: there is no column '{point.Column}'.")).ToArray();
        var days = new List<Day>();
        FaultRules? running = null;
        var (date, faulty) = (DateTime.MinValue, false);
        while (lines.MoveNext())
        {
            var fields = lines.Current.Split(',');
            var time = DateTime.SpecifyKind(DateTime.ParseExact(fields[0], "M/d/yyyy H:mm", CultureInfo.InvariantCulture), DateTimeKind.Utc);
            if (time.Date != date)
            {
                End();
                running = FaultRules.Start(rules, unit.Points.Select(point => (point.Name, point.Kind)), Ms(time));
                (date, faulty) = (time.Date, fields[^1] == "1");
            }
            for (var i = 0; i < columns.Length; i++)
            {
                // A few cells say #VALUE!: nothing was measured.
                if (!double.TryParse(fields[columns[i]], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)) continue;
                running!.Apply(unit.Points[i].Name, Ms(time), unit.Points[i].Kind == PointKind.Temperature ? (value - 32) / 1.8 : value);
            }
        }
        End();
        return days;

        void End()
        {
            if (running is not null) days.Add(new Day(date, faulty, [.. running.Transitions.Where(t => t is { Change: AlarmChange.Raised, NoData: false })]));
        }
    }

    private static long Ms(DateTime time) => new DateTimeOffset(time).ToUnixTimeMilliseconds();

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
