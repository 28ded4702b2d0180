using System.Globalization;
using CityEdge.Bench.Mqtt;
using CityEdge.Bench.Mqtt.Report;

namespace CityEdge.Bench.Rules;

/// <summary><c>rules</c>: what the rule engine alone does a second on one core, what it allocates and keeps, how long its snapshot takes.</summary>
internal static class RulesBench
{
    public static int Run(string[] arguments, TextWriter output)
    {
        int instances, rounds;
        bool onlySpeed, onlyState;
        try
        {
            var options = new BenchArguments(arguments);
            (instances, rounds) = (options.Number("instances", 1_000_000), options.Number("rounds", 5));
            (onlySpeed, onlyState) = (options.Flag("speed"), options.Flag("state"));
            options.RejectUnknown();
        }
        catch (UsageException error)
        {
            Console.Error.WriteLine(error.Message + " usage: rules [--speed | --state] [--rounds N=5] [--instances N=1000000]");
            return 2;
        }
        var report = new BenchReport(output);
        if (!onlyState) Speed(report, rounds);
        if (!onlySpeed) State(report, instances);
        report.Summary();
        return report.Verdicts.All(verdict => verdict.Met) ? 0 : 1;
    }

    private static void Speed(BenchReport report, int rounds)
    {
        var loads = new List<(RuleLoad Load, double Least)>
        {
            (RuleLoad.OneRule("one hold/hysteresis rule", RuleLoad.HoldRule, RuleLoad.AroundHold), 2e6),
            (RuleLoad.OneRule("a bare threshold", RuleLoad.ThresholdRule, RuleLoad.AroundHold), 0),
            (RuleLoad.OneRule("two steps, hold, silence, hours", RuleLoad.StepsRule, RuleLoad.AroundHold), 0),
            (RuleLoad.OneRule("mean(1h)", RuleLoad.MeanRule, RuleLoad.AroundHold), 0),
            (RuleLoad.OneRule("anomaly() or forecast(2h)", RuleLoad.LearnedRule, RuleLoad.AroundHold, points: 1000), 0),
            (RuleLoad.Catalogue(), 300_000),
        };
        var memory = new List<double> { MemorySpeed.NanosecondsARead() };
        var figures = loads.ConvertAll(entry =>
        {
            var figure = entry.Load.Run(rounds);
            memory.Add(MemorySpeed.NanosecondsARead());
            return figure;
        });
        report.Table(
            "Readings through the engine, one a minute and point, processor time of the thread",
            ["rule", "points", "rules a point", "readings/s a core, median (least-most)", "bytes a reading", "transitions"],
            figures.Zip(loads, (f, l) => (IReadOnlyList<string>)[f.Name, $"{f.Points}", f.RulesPerPoint.ToString("0.0", CultureInfo.InvariantCulture), BenchReport.Spread(f.PerSecond), f.BytesPerReading.ToString("0.###", CultureInfo.InvariantCulture), $"{f.Transitions}"]));
        report.Note($"The machine meanwhile: a dependent read somewhere in 8 MB took {BenchReport.Spread(memory)} ns. 10 000 points are about as large, so this decides; neighbours on a shared machine triple it.\n");
        foreach (var (figure, (_, least)) in figures.Zip(loads))
        {
            if (least > 0) report.Judge(figure.Name, $">= {BenchReport.Short(least)} readings/s a core", BenchReport.Short(figure.Median), figure.Median >= least);
            report.Judge($"{figure.Name}: allocated in minutes without a transition", "0 bytes", $"{figure.QuietBytes} bytes", figure.QuietBytes == 0);
        }
    }

    private static void State(BenchReport report, int instances)
    {
        var state = StateFigures.Measure(instances);
        report.Table(
            "State",
            ["what", "measured"],
            [
                ["a point with its first instance, its registry context not counted", $"{state.BytesPerPoint:F0} bytes"],
                ["an instance more on the same point", $"{state.BytesPerInstance:F0} bytes"],
                [$"{state.Instances} instances, {state.InstancesPerPoint} a point, whole heap with names and contexts", $"{state.HeapBytes / 1e6:F0} MB"],
                ["snapshot", $"{state.SnapshotBytes / 1e6:F0} MB in {state.SnapshotSeconds:F2} s of processor time"],
                ["start from it", $"{state.LoadSeconds:F2} s of processor time"],
            ]);
        report.Judge("state of an instance beside its point's", "<= 200 bytes", $"{state.BytesPerInstance:F0} bytes", state.BytesPerInstance <= 200);
        report.Judge($"{state.Instances} instances", "<= 1 GB", $"{state.HeapBytes / 1e9:F2} GB", state.HeapBytes <= 1e9 * state.Instances / 1e6);
        report.Judge("snapshot", "<= 3 s", $"{state.SnapshotSeconds:F2} s", state.SnapshotSeconds <= 3);
        report.Judge("the stream stands still for a snapshot", "<= 20 ms", $"{state.LongestStallSeconds * 1e3:F1} ms", state.LongestStallSeconds <= 0.02);
        report.Judge("start from a snapshot", "<= 5 s", $"{state.LoadSeconds:F2} s", state.LoadSeconds <= 5);
    }
}
