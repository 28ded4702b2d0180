namespace CityEdge.Rules;

/// <summary>Level and damped trend of a series with any spacing (Holt); with the season's course, what its value will be some time ahead.</summary>
internal struct TrendForecast
{
    private const double LevelGain = 0.3;
    private const double TrendGain = 0.1;

    /// <summary>How far ahead a trend is believed, in usual intervals.</summary>
    private const double TrendReach = 48;

    /// <summary>A deviation from the season halves in so long.</summary>
    private const double DeviationHalfLifeMs = 12 * 3_600_000d;

    private const double DayMs = 24 * 3_600_000d;

    /// <summary>How fast what the season explains is reckoned anew.</summary>
    private const double ErrorGain = 0.002;

    private double level;
    private double trend;
    private double motion;
    private double seasonError;
    private double meanError;
    private double mean;
    private double interval;
    private long lastMs;
    private int count;

    /// <summary>Bytes of its state.</summary>
    public const int StateBytes = 68;

    /// <summary>Learns a value beside the one that the season made expect; NaN when it made none.</summary>
    public void Learn(long timeMs, double value, double usual)
    {
        if (count == 0) (level, mean) = (value, value);
        else
        {
            var elapsed = Math.Max(1, timeMs - lastMs);
            interval = count == 1 ? elapsed : interval + (Math.Min(elapsed, 10 * interval) - interval) * TrendGain;
            var before = level;
            if (elapsed > 3 * interval)
            {
                // After a silence the trend of before is not continued.
                (level, trend, motion) = (value, 0, 0);
            }
            else
            {
                level += LevelGain * (value - level);
                var slope = (level - before) / elapsed;
                trend += TrendGain * (slope - trend);
                motion += TrendGain * (Math.Abs(slope) - motion);
            }
            mean += (value - mean) * Math.Min(1, elapsed / DayMs);
            if (!double.IsNaN(usual))
            {
                seasonError += ErrorGain * ((value - usual) * (value - usual) - seasonError);
                meanError += ErrorGain * ((value - mean) * (value - mean) - meanError);
            }
        }
        lastMs = timeMs;
        if (count < int.MaxValue) count++;
    }

    /// <summary>The value at <paramref name="localMs"/> + <paramref name="aheadMs"/>; NaN before three readings.</summary>
    public readonly double Ahead(long aheadMs, SeasonProfile season, long localMs)
    {
        if (count < 3) return double.NaN;
        // A trend counts as far as the level has moved one way.
        var consistent = motion > 0 ? Math.Pow(trend / motion, 2) : 0;
        var reach = TrendReach * interval;
        var carried = reach * (1 - Math.Exp(-aheadMs / reach)) * consistent;
        var plain = level + trend * carried;
        var (now, then, soon) = (season.At(localMs), season.At(localMs + aheadMs), season.At(localMs + (long)interval));
        if (double.IsNaN(now) || double.IsNaN(then) || double.IsNaN(soon)) return plain;
        var ownTrend = trend - (soon - now) / interval;
        var seasonal = then + (level - now) * Math.Pow(0.5, aheadMs / DeviationHalfLifeMs) + ownTrend * carried;
        // The season counts as far as it has explained more than the mean of a day does.
        var explained = meanError > 0 ? Math.Clamp(1 - seasonError / meanError, 0, 1) : 0;
        return plain + explained * (seasonal - plain);
    }

    public readonly void Save(SnapshotWriter writer)
    {
        writer.Double(level);
        writer.Double(trend);
        writer.Double(motion);
        writer.Double(seasonError);
        writer.Double(meanError);
        writer.Double(mean);
        writer.Double(interval);
        writer.Long(lastMs);
        writer.Int(count);
    }

    public static TrendForecast Load(ref SnapshotReader reader) => new()
    {
        level = reader.Double(), trend = reader.Double(), motion = reader.Double(), seasonError = reader.Double(), meanError = reader.Double(), mean = reader.Double(), interval = reader.Double(),
        lastMs = reader.Long(), count = reader.Int(),
    };
}
