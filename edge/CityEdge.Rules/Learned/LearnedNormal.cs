namespace CityEdge.Rules;

/// <summary>
/// What is normal for one point, learned from its readings alone: <see cref="Observe"/> says how unusual each new one is, <see cref="Forecast(TimeSpan)"/> what to expect. Causal, deterministic, one fixed setting for
/// every series; bounded state, and nothing is allocated a reading. Not thread-safe.
/// </summary>
public sealed partial class LearnedNormal
{
    /// <summary>A score from here on is an anomaly.</summary>
    public const double Threshold = 0.5;

    /// <summary>Readings before any score; scores are 0 until then.</summary>
    public const int LearningReadings = 200;

    /// <summary>Readings after an anomaly that belong to it: their scores stay below <see cref="Threshold"/>.</summary>
    public const int Episode = 100;

    /// <summary>Joint tail probability of an anomaly, as the meters reckon it, at first; what is seen in a long time may be rarer and yet be normal.</summary>
    private const double RareAtFirst = 0.01;
    private const double RareHalvesIn = 8000;

    /// <summary>Joint tail probability of a score of 1.</summary>
    private const double Rarest = 1e-12;

    /// <summary>The newest 6 and 32 readings against every earlier course, the value and its short mean against the long mean.</summary>
    private const int Views = 4;
    private const double QuickReadings = 12;
    private const double SlowReadings = 400;

    /// <summary>The highest score that is no anomaly, and what is left of it one reading on.</summary>
    private const double MostWithin = 0.49;
    private const double Fading = 0.97;

    /// <summary>Bytes of state a point, without the objects' headers.</summary>
    public static int StateBytes => ShapeMemory.StateBytes(2) + Views * TailMeter.StateBytes + SeasonProfile.StateBytes + TrendForecast.StateBytes + 80;

    private readonly ShapeMemory shapes = new(6, 32);
    private readonly TailMeter[] tails = [new(), new(), new(), new()];
    private readonly SeasonProfile season = new();
    private TrendForecast trend;
    private double origin = double.NaN;
    private double slow;
    private double quick;
    private double value = double.NaN;
    private double below = double.NaN;
    private long localMs;
    private int count;
    private int resting;
    private int slot = -1;
    private int oddest = -1;
    private double rarity = 1;

    /// <summary>Score of the last reading, 0 to 1; 0 while learning.</summary>
    public double Score { get; private set; }

    /// <summary>Too few readings have come to say what is normal.</summary>
    public bool IsLearning => count <= LearningReadings;

    /// <summary>Takes the next reading and returns its score. A value that is not finite changes nothing. <paramref name="offsetMs"/> is local time minus UTC, for hours and weekdays.</summary>
    public double Observe(long timeMs, double reading, long offsetMs = 0)
    {
        if (!double.IsFinite(reading)) return Score;
        if (double.IsNaN(origin)) (origin, slow, quick) = (reading, reading, reading);
        (value, localMs) = (reading, timeMs + offsetMs);
        (below, slot) = season.Rank(localMs, reading);
        Span<double> surprise = stackalloc double[Views];
        shapes.Observe(reading - origin, surprise);
        quick += (reading - quick) / QuickReadings;
        surprise[2] = Math.Abs(reading - slow);
        surprise[3] = Math.Abs(quick - slow);
        slow += (reading - slow) / SlowReadings;
        var rarest = 1d;
        for (var i = 0; i < Views; i++)
        {
            var probability = tails[i].Observe(surprise[i]);
            if (probability < rarest) (rarest, oddest) = (probability, i);
        }
        rarity = Math.Min(1, rarest * Views);
        trend.Learn(timeMs, reading, season.At(localMs));
        season.Learn(localMs, reading);
        if (count < int.MaxValue) count++;
        return Score = Settle();
    }

    /// <summary>The value expected <paramref name="ahead"/> after the last reading; NaN while too little is known.</summary>
    public double Forecast(TimeSpan ahead) => trend.Ahead((long)ahead.TotalMilliseconds, season, localMs);

    internal double Forecast(long aheadMs) => trend.Ahead(aheadMs, season, localMs);

    internal void Save(SnapshotWriter writer)
    {
        shapes.Save(writer);
        foreach (var tail in tails) tail.Save(writer);
        season.Save(writer);
        trend.Save(writer);
        writer.Double(origin);
        writer.Double(slow);
        writer.Double(quick);
        writer.Double(value);
        writer.Double(below);
        writer.Long(localMs);
        writer.Int(count);
        writer.Int(resting);
        writer.Int(slot);
        writer.Int(oddest);
        writer.Double(rarity);
        writer.Double(Score);
    }

    internal static LearnedNormal Load(ref SnapshotReader reader)
    {
        var normal = new LearnedNormal();
        normal.shapes.Load(ref reader);
        foreach (var tail in normal.tails) tail.Load(ref reader);
        normal.season.Load(ref reader);
        normal.trend = TrendForecast.Load(ref reader);
        (normal.origin, normal.slow, normal.quick) = (reader.Double(), reader.Double(), reader.Double());
        (normal.value, normal.below, normal.localMs) = (reader.Double(), reader.Double(), reader.Long());
        (normal.count, normal.resting, normal.slot, normal.oddest) = (reader.Int(), reader.Int(), reader.Int(), reader.Int());
        (normal.rarity, normal.Score) = (reader.Double(), reader.Double());
        return normal;
    }

    private double Settle()
    {
        if (IsLearning) return 0;
        var rare = RareAtFirst * RareHalvesIn / (RareHalvesIn + count);
        var score = rarity > rare
            ? MostWithin * Math.Log(rarity) / Math.Log(rare)
            : Threshold + (1 - Threshold) * Math.Min(1, Math.Log(rarity / rare) / Math.Log(Rarest / rare));
        if (resting > 0)
        {
            resting--;
            // One anomaly is told once; what follows fades, so that a clear condition below can wait for its end.
            return Math.Max(Math.Min(score, MostWithin), Math.Min(Score, MostWithin) * Fading);
        }
        if (score >= Threshold) resting = Episode;
        return score;
    }
}
