namespace CityEdge.Rules;

/// <summary>
/// How rare a surprise is among those seen before: a fading histogram of its logarithm answers for the body, a fitted tail for what lies beyond. Any scale of values; 0 is no surprise.
/// </summary>
internal sealed class TailMeter
{
    private const int Bins = 128;

    /// <summary>Share of surprises that count as the tail.</summary>
    private const double TailShare = 0.03;

    /// <summary>Bins to a factor of e; 128 of them span nine decades.</summary>
    private const double PerUnit = 6;

    /// <summary>The tail's slope before any is seen, the weight of that belief in exceedances, and how fast slopes fade.</summary>
    private const double PriorSlope = 0.25;
    private const double PriorWeight = 6;
    private const double SlopeFade = 0.995;

    /// <summary>Each reading weighs a little more than the one before: after 4000 the old counts half.</summary>
    private const double Growth = 1.00017330183621;
    private const double MostWeight = 1e6;

    private readonly float[] counts = new float[Bins];
    private double weight = 1;
    private double total;
    private double origin = double.NaN;
    private double slopeSum = PriorSlope * PriorWeight;
    private double slopeWeight = PriorWeight;
    private double edge = double.NaN;

    /// <summary>Bytes of its state.</summary>
    public const int StateBytes = Bins * 4 + 6 * 8;

    /// <summary>Probability of a surprise as large or larger, by what was seen before; then learns it.</summary>
    public double Observe(double surprise)
    {
        var position = surprise > 0 ? Math.Log(surprise) : double.NegativeInfinity;
        var probability = Probability(position);
        Learn(position);
        return probability;
    }

    public void Save(SnapshotWriter writer)
    {
        writer.Floats(counts);
        writer.Double(weight);
        writer.Double(total);
        writer.Double(origin);
        writer.Double(slopeSum);
        writer.Double(slopeWeight);
        writer.Double(edge);
    }

    public void Load(ref SnapshotReader reader)
    {
        reader.Floats(counts);
        (weight, total, origin) = (reader.Double(), reader.Double(), reader.Double());
        (slopeSum, slopeWeight, edge) = (reader.Double(), reader.Double(), reader.Double());
    }

    private double Probability(double position)
    {
        if (double.IsNegativeInfinity(position)) return 1;
        // The first surprise of a series that stood still: as rare as the readings before it were many.
        if (double.IsNaN(edge)) return 1 / (total + 1);
        if (position > edge) return TailShare * Math.Exp(-(position - edge) / (slopeSum / slopeWeight));
        var above = 0d;
        for (var bin = BinOf(position); bin < Bins; bin++) above += counts[bin];
        return Math.Clamp(above / total, TailShare, 1);
    }

    private void Learn(double position)
    {
        if (double.IsNaN(origin))
        {
            if (double.IsNegativeInfinity(position))
            {
                total++;
                return;
            }
            (origin, total) = (position - Bins / 2 / PerUnit, 0);
        }
        if (position > edge)
        {
            // One failure must not teach that failures are usual.
            slopeSum = slopeSum * SlopeFade + Math.Min(position - edge, 2 * slopeSum / slopeWeight + 0.1);
            slopeWeight = slopeWeight * SlopeFade + 1;
        }
        if ((weight *= Growth) > MostWeight)
        {
            for (var i = 0; i < Bins; i++) counts[i] = (float)(counts[i] / weight);
            total /= weight;
            weight = 1;
        }
        total += weight;
        counts[BinOf(position)] += (float)weight;
        var above = 0d;
        var at = Bins - 1;
        for (; at > 0 && above + counts[at] <= TailShare * total; at--) above += counts[at];
        var within = counts[at] > 0 ? (TailShare * total - above) / counts[at] : 0;
        edge = origin + (at + 1 - within) / PerUnit;
    }

    private int BinOf(double position) => (int)Math.Clamp((position - origin) * PerUnit, 0, Bins - 1);
}
