using CityEdge.Rules;

namespace CityEdge.Bench.Anomaly;

/// <summary>
/// One learned normal a column, each with the alarm that the README of the rules writes: raised from <paramref name="raise"/> on, cleared below 0.3. A row is flagged while at least <paramref name="columns"/> such alarms are open.
/// </summary>
internal sealed class SkabDetector(double raise, int columns)
{
    /// <summary>Bonferroni: eight columns have eight chances of a false alarm, so each must be eight times rarer. At some 1000 readings a score of 0.5 is a probability of 0.009, 1 is 1e-12, and the scale between is logarithmic.</summary>
    public const double RarerByEight = 0.545;

    private const double Clear = 0.3;

    /// <summary>Which rows are flagged; causal, in one pass.</summary>
    public bool[] Run(SkabRecording recording)
    {
        var normals = Enumerable.Range(0, SkabRecording.Sensors).Select(_ => new LearnedNormal()).ToArray();
        var open = new bool[normals.Length];
        var flagged = new bool[recording.Rows.Length];
        for (var i = 0; i < flagged.Length; i++)
        {
            for (var column = 0; column < normals.Length; column++)
            {
                var score = normals[column].Observe(recording.TimesMs[i], recording.Rows[i][column]);
                open[column] = score >= raise || (open[column] && score >= Clear);
            }
            flagged[i] = open.Count(alarm => alarm) >= columns;
        }
        return flagged;
    }
}
