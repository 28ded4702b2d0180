namespace CityEdge.Hub.Telemetry;

/// <summary>Doubles that are decimals: <c>whole / 10^scale</c> gives back the very same bits, because both are exact and division rounds correctly.</summary>
internal static class DecimalScale
{
    /// <summary>Most decimal places that are tried.</summary>
    public const int Max = 9;

    /// <summary>Flag beside the scale: a bit map and exact bits of the values that are not decimals follow.</summary>
    public const int HasRaw = 0x40;

    /// <summary>Flag beside the scale: those bits are single precision, 4 bytes each.</summary>
    public const int RawSingle = 0x80;

    private const double LargestWhole = 9007199254740991;

    private static readonly double[] Powers = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

    /// <summary>False for values with more places, above 2^53 when scaled, not finite, or -0.</summary>
    public static bool TryScale(double value, int scale, out long whole)
    {
        var rounded = Math.Round(value * Powers[scale]);
        if (!(Math.Abs(rounded) <= LargestWhole))
        {
            whole = 0;
            return false;
        }
        whole = (long)rounded;
        return BitConverter.DoubleToInt64Bits(ToDouble(whole, scale)) == BitConverter.DoubleToInt64Bits(value);
    }

    public static double ToDouble(long whole, int scale) => whole / Powers[scale];

    /// <summary>True when single precision keeps every bit (Modbus floats); the bits of a NaN may not survive the conversion, so none passes.</summary>
    public static bool IsSingle(double value) => !double.IsNaN(value) && BitConverter.DoubleToInt64Bits((float)value) == BitConverter.DoubleToInt64Bits(value);
}
