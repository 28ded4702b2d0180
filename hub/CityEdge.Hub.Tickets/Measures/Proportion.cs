namespace CityEdge.Hub.Tickets.Measures;

/// <summary>A share as it is printed: n of N with its Wilson 95 % interval (E. B. Wilson, JASA 22, 1927), and a mark where N is small (domain §7).</summary>
/// <param name="N">Those that count.</param>
/// <param name="Of">All.</param>
public readonly record struct Proportion(int N, int Of)
{
    /// <summary>Below this a share is marked small.</summary>
    public const int SmallBelow = 30;

    private const double Z = 1.959963984540054;

    /// <summary>n / N, 0 to 1; null when there is nothing to divide by.</summary>
    public double? Rate => Of == 0 ? null : (double)N / Of;

    /// <summary>Lower end of the interval, 0 to 1; null when there is nothing to divide by.</summary>
    public double? Low => Of == 0 ? null : N == 0 ? 0 : Math.Max(0, Centre - Half);

    /// <summary>Upper end of the interval, 0 to 1; null when there is nothing to divide by.</summary>
    public double? High => Of == 0 ? null : N == Of ? 1 : Math.Min(1, Centre + Half);

    /// <summary>Too few to rank or to compare by.</summary>
    public bool Small => Of < SmallBelow;

    private double P => (double)N / Of;

    private double Centre => (P + Z * Z / (2 * Of)) / (1 + Z * Z / Of);

    private double Half => Z * Math.Sqrt(P * (1 - P) / Of + Z * Z / (4.0 * Of * Of)) / (1 + Z * Z / Of);

    /// <summary>The share of those of <paramref name="of"/> that <paramref name="counts"/>.</summary>
    public static Proportion Share<T>(IReadOnlyCollection<T> of, Func<T, bool> counts) => new(of.Count(counts), of.Count);
}
