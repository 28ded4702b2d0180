namespace CityEdge.Bench.Anomaly;

/// <summary>The scored part of any number of runs: its rows by what was flagged and what is labelled; and alarms, which begin at a flagged row after one that is not, with the runs whose anomaly began one.</summary>
internal readonly record struct SkabScore(int Found, int Missed, int False, int Quiet, int RunsFound = 0, int FalseAlarms = 0)
{
    /// <summary>Rows at the start of a run that may be used to learn and are not scored.</summary>
    public const int LearningRows = 400;

    public static SkabScore operator +(SkabScore a, SkabScore b) => new(a.Found + b.Found, a.Missed + b.Missed, a.False + b.False, a.Quiet + b.Quiet, a.RunsFound + b.RunsFound, a.FalseAlarms + b.FalseAlarms);

    /// <summary>Harmonic mean of precision and recall over rows.</summary>
    public double F1 => 2.0 * Found / (2.0 * Found + False + Missed);

    /// <summary>Share of normal rows that are flagged.</summary>
    public double FalseAlarmRate => (double)False / (False + Quiet);

    /// <summary>Share of anomalous rows that are not flagged.</summary>
    public double MissedRate => (double)Missed / (Missed + Found);

    /// <summary>Alarms that began at a normal row, by the normal rows, which are a second each.</summary>
    public double FalseAlarmsAnHour => 3600.0 * FalseAlarms / (False + Quiet);

    /// <summary>Scores one run.</summary>
    public static SkabScore Of(ReadOnlySpan<bool> flagged, ReadOnlySpan<bool> anomalous)
    {
        var (found, missed, wrong, quiet) = (0, 0, 0, 0);
        var (runFound, falseAlarms) = (0, 0);
        for (var i = LearningRows; i < flagged.Length; i++)
        {
            if (flagged[i] && (i == 0 || !flagged[i - 1]))
            {
                if (anomalous[i]) runFound = 1;
                else falseAlarms++;
            }
            if (anomalous[i] && flagged[i]) found++;
            else if (anomalous[i]) missed++;
            else if (flagged[i]) wrong++;
            else quiet++;
        }
        return new SkabScore(found, missed, wrong, quiet, runFound, falseAlarms);
    }
}
