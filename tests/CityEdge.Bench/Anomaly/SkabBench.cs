using System.Globalization;
using CityEdge.Rules;

namespace CityEdge.Bench.Anomaly;

/// <summary>The learned normal against SKAB's valve1 runs and its anomaly-free run, as a Markdown table.</summary>
internal static class SkabBench
{
    public static void Run(string shared, TextWriter output)
    {
        var runs = SkabRecording.LoadAll(shared, "valve1");
        var healthy = SkabRecording.LoadAll(shared, "anomaly-free");
        output.WriteLine($"\n| SKAB valve1, {runs.Count} runs, rows after the first {SkabScore.LearningRows} | F1 | FAR % | MAR % | runs found | false alarms an hour | anomaly-free run: FAR %, false alarms an hour |\n| --- | --- | --- | --- | --- | --- | --- |");
        Line("an alarm in any column, each 8 times rarer", new SkabDetector(SkabDetector.RarerByEight, 1).Run);
        Line("an alarm in any column", new SkabDetector(LearnedNormal.Threshold, 1).Run);
        Line("alarms in two columns at once", new SkabDetector(LearnedNormal.Threshold, 2).Run);
        var all = runs.Aggregate(default(SkabScore), (sum, run) => sum + SkabScore.Of([.. run.Rows.Select(_ => true)], run.Anomalous));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| every row flagged: what F1 means without FAR | {all.F1:F2} | 100 | 0 | | | |"));
        output.WriteLine("| Conv-AE, published, all 34 runs | 0.78 | 13.6 | | | | |");

        void Line(string name, Func<SkabRecording, bool[]> detect)
        {
            var score = runs.Aggregate(default(SkabScore), (sum, run) => sum + SkabScore.Of(detect(run), run.Anomalous));
            var quiet = healthy.Aggregate(default(SkabScore), (sum, run) => sum + SkabScore.Of(detect(run), run.Anomalous));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {score.F1:F2} | {100 * score.FalseAlarmRate:F1} | {100 * score.MissedRate:F1} | {score.RunsFound} | {score.FalseAlarmsAnHour:F1} | {100 * quiet.FalseAlarmRate:F1}, {quiet.FalseAlarmsAnHour:F1} |"));
        }
    }
}
