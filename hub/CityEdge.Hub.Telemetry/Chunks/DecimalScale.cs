namespace CityEdge.Hub.Telemetry;

/// <summary>Doubles that are decimals: <c>whole / 10^scale</c> gives back the very same bits, because both are exact and division rounds correctly.</summary>
internal static class DecimalScale
{
    /// <summary>Most decimal places that are tried.</summary>
    public const int Max = 15;

    private const double LargestWhole = 9007199254740991;

    private static readonly double[] Powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    /// <summary>False for values with more places, above 2^53 when scaled, not finite, or -0.</summary>
    public static bool TryScale(double value, int scale, out long whole) =>
        TryRound(value, scale, out whole) && BitConverter.DoubleToInt64Bits(ToDouble(whole, scale)) == BitConverter.DoubleToInt64Bits(value);

    /// <summary>The nearest whole number of that many places; false above 2^53 or not finite.</summary>
    public static bool TryRound(double value, int scale, out long whole)
    {
        var rounded = Math.Round(value * Powers[scale]);
        var fits = Math.Abs(rounded) <= LargestWhole;
        whole = fits ? (long)rounded : 0;
        return fits;
    }

    public static double ToDouble(long whole, int scale) => whole / Powers[scale];
}
