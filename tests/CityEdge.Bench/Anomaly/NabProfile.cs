namespace CityEdge.Bench.Anomaly;

/// <summary>What NAB gives for a window found and takes for one missed or a false row.</summary>
internal readonly record struct NabProfile(string Name, double TruePositive, double FalseNegative, double FalsePositive)
{
    public static readonly NabProfile Standard = new("standard", 1, 1, 0.11);

    public static readonly NabProfile LowFalsePositive = new("low-FP", 1, 1, 0.22);

    public static readonly NabProfile LowFalseNegative = new("low-FN", 1, 2, 0.11);

    public static readonly NabProfile[] All = [Standard, LowFalsePositive, LowFalseNegative];
}
