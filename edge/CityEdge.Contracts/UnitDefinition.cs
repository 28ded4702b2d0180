namespace CityEdge.Contracts;

/// <summary>
/// What a unit text means: canonical = value · <paramref name="Multiplier"/> / <paramref name="Divisor"/> + <paramref name="Offset"/>. The factor is kept as a fraction because
/// 36 m3/h must be exactly 0.01 m3/s, which 36 · (1/3600) is not.
/// </summary>
/// <param name="Quantity">Canonical unit of the quantity, <c>J</c>; for quantities without a kind the primary SenML unit or a signature of dimensions. Only units of one quantity convert.</param>
/// <param name="Kind">Kind that the unit implies.</param>
/// <param name="Multiplier">Numerator of the factor; positive.</param>
/// <param name="Divisor">Denominator of the factor; positive.</param>
/// <param name="Offset">Added after the factor; 0 but for temperatures in K and [degF].</param>
public readonly record struct UnitDefinition(string Quantity, PointKind Kind, double Multiplier, double Divisor = 1, double Offset = 0)
{
    /// <summary>Value in the canonical unit of <see cref="Quantity"/>.</summary>
    public double ToCanonical(double value)
    {
        var scaled = value * Multiplier / Divisor;
        return Offset == 0 ? scaled : Add(scaled, Offset);
    }

    /// <summary>Value in this unit of a value in the canonical unit.</summary>
    public double FromCanonical(double canonical) => (Offset == 0 ? canonical : Add(canonical, -Offset)) * Divisor / Multiplier;

    // 300 K is 26.85 Cel, not 26.850000000000023: offsets are added in decimal where the magnitude allows it.
    private static double Add(double value, double offset) =>
        Math.Abs(value) is > 1e-9 and < 1e12 ? (double)((decimal)value + (decimal)offset) : value + offset;
}
