using System.Diagnostics;
using System.Globalization;
using CityEdge.Rules;

namespace CityEdge.Bench.Anomaly;

/// <summary>The learned normal against NAB's recordings, as a Markdown table; threshold 0.5, one setting for all.</summary>
internal static class AnomalyBench
{
    public static int Run(string[] args, TextWriter output)
    {
        var shared = args is ["--data", var given] ? given : Path.Combine("..", "shared", "data");
        if (!Directory.Exists(Path.Combine(shared, "nab")))
        {
            Console.Error.WriteLine($"{Path.Combine(shared, "nab")}: there is no such directory; give the data with --data DIR.");
            return 2;
        }
        var totals = new NabRaw[3];
        var rows = 0L;
        var watch = new Stopwatch();
        var recordings = NabRecording.LoadAll(shared);
        output.WriteLine("| recording | windows | found | false rows |\n| --- | --- | --- | --- |");
        foreach (var recording in recordings)
        {
            watch.Start();
            var scores = recording.Score();
            watch.Stop();
            rows += scores.Length;
            for (var p = 0; p < totals.Length; p++) totals[p] += NabScore.Of(scores, recording.Windows, NabProfile.All[p]);
            var own = NabScore.Of(scores, recording.Windows, NabProfile.Standard);
            output.WriteLine($"| {recording.Name} | {own.Windows} | {own.Found} | {own.FalseRows} |");
        }
        output.WriteLine("\n| detector, these recordings | standard | low-FP | low-FN |\n| --- | --- | --- | --- |");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| CityEdge learned normal | {totals[0].Score:F1} | {totals[1].Score:F1} | {totals[2].Score:F1} |"));
        output.WriteLine("| ARTime, published | 82.7 | | |\n| Numenta HTM, published | 75.7 | | |\n| CAD OSE, published | 71.7 | | |\n| Windowed Gaussian, published | 31.6 | | |\n| Random, published | 20.2 | | |");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n{rows / watch.Elapsed.TotalSeconds:F0} readings/s, {LearnedNormal.StateBytes} bytes a point"));
        if (Directory.Exists(Path.Combine(shared, "skab"))) SkabBench.Run(shared, output);
        return 0;
    }
}
