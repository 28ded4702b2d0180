using System.Collections.Frozen;
using System.Globalization;

namespace CityEdge.Contracts;

/// <summary>
/// Reads a UCUM unit expression (case sensitive, UCUM §2): metric prefixes, <c>.</c> and <c>/</c>, exponents, integer factors, <c>10*-3</c>, parentheses and <c>{annotations}</c>.
/// Special (non-ratio) units other than temperatures are not known to it.
/// </summary>
internal ref struct UcumExpression
{
    // Exponents of kg m s A K cd mol rad.
    private readonly record struct Dimensions(int M, int L, int T, int I, int K, int J, int N, int R)
    {
        public Dimensions Times(Dimensions o, int e) => new(M + e * o.M, L + e * o.L, T + e * o.T, I + e * o.I, K + e * o.K, J + e * o.J, N + e * o.N, R + e * o.R);
    }

    private readonly record struct Factor(double Multiplier, double Divisor, Dimensions Dimensions);

    private static readonly FrozenDictionary<string, Factor> Atoms = BuildAtoms().ToFrozenDictionary(StringComparer.Ordinal);
    private static readonly FrozenDictionary<string, Factor> MetricAtoms = BuildMetricAtoms().ToFrozenDictionary(StringComparer.Ordinal);
    private static readonly (string Text, double Multiplier, double Divisor)[] Prefixes =
    [
        ("da", 10, 1), ("Ki", 1024, 1), ("Mi", 1048576, 1), ("T", 1e12, 1), ("G", 1e9, 1), ("M", 1e6, 1), ("k", 1e3, 1), ("h", 100, 1), ("d", 1, 10), ("c", 1, 100), ("m", 1, 1e3), ("u", 1, 1e6),
        ("µ", 1, 1e6), ("n", 1, 1e9), ("p", 1, 1e12),
    ];

    private static readonly FrozenDictionary<Dimensions, (string Quantity, PointKind Kind)> Quantities = new Dictionary<Dimensions, (string, PointKind)>
    {
        [new(0, 0, 0, 0, 0, 0, 0, 0)] = ("/", PointKind.Ratio),
        [new(1, -1, -2, 0, 0, 0, 0, 0)] = ("Pa", PointKind.Pressure),
        [new(0, 3, -1, 0, 0, 0, 0, 0)] = ("m3/s", PointKind.Flow),
        [new(0, 3, 0, 0, 0, 0, 0, 0)] = ("m3", PointKind.Volume),
        [new(0, 1, 0, 0, 0, 0, 0, 0)] = ("m", PointKind.Level),
        [new(1, 2, -3, 0, 0, 0, 0, 0)] = ("W", PointKind.Power),
        [new(1, 2, -2, 0, 0, 0, 0, 0)] = ("J", PointKind.Energy),
        [new(0, -2, 0, 0, 0, 1, 0, 0)] = ("lx", PointKind.Illuminance),
        [new(0, 0, 0, 1, 0, 0, 0, 0)] = ("A", PointKind.Current),
        [new(1, 2, -3, -1, 0, 0, 0, 0)] = ("V", PointKind.Voltage),
        [new(0, 0, 1, 0, 0, 0, 0, 0)] = ("s", PointKind.Value),
        [new(0, 0, -1, 0, 0, 0, 0, 0)] = ("Hz", PointKind.Value),
        [new(1, 0, 0, 0, 0, 0, 0, 0)] = ("kg", PointKind.Value),
        [new(1, -3, 0, 0, 0, 0, 0, 0)] = ("kg/m3", PointKind.Value),
        [new(0, 1, -1, 0, 0, 0, 0, 0)] = ("m/s", PointKind.Value),
        [new(0, 1, -2, 0, 0, 0, 0, 0)] = ("m/s2", PointKind.Value),
        [new(0, 2, 0, 0, 0, 0, 0, 0)] = ("m2", PointKind.Value),
        [new(1, 0, -3, 0, 0, 0, 0, 0)] = ("W/m2", PointKind.Value),
        [new(0, 0, 1, 1, 0, 0, 0, 0)] = ("C", PointKind.Value),
        [new(1, 2, -3, -2, 0, 0, 0, 0)] = ("Ohm", PointKind.Value),
        [new(1, 1, -2, 0, 0, 0, 0, 0)] = ("N", PointKind.Value),
        [new(0, 0, 0, 0, 0, 0, 1, 0)] = ("mol", PointKind.Value),
        [new(0, 0, 0, 0, 0, 0, 0, 1)] = ("rad", PointKind.Value),
    }.ToFrozenDictionary();

    private readonly ReadOnlySpan<char> text;
    private int at;
    private int depth;

    private UcumExpression(ReadOnlySpan<char> text) => this.text = text;

    /// <summary>Parses; false for anything that is not an expression of known atoms.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out UnitDefinition definition)
    {
        definition = default;
        var parser = new UcumExpression(text);
        if (text.IsEmpty || !parser.Term(out var factor) || parser.at != text.Length) return false;
        if (!double.IsFinite(factor.Multiplier) || !double.IsFinite(factor.Divisor) || factor.Multiplier <= 0 || factor.Divisor <= 0) return false;
        var (quantity, kind) = Quantities.TryGetValue(factor.Dimensions, out var known) ? known : (factor.Dimensions.ToString(), PointKind.Value);
        definition = new UnitDefinition(quantity, kind, factor.Multiplier, factor.Divisor);
        return true;
    }

    private static Factor Multiply(Factor a, Factor b, int exponent)
    {
        var (multiplier, divisor) = (a.Multiplier, a.Divisor);
        for (var i = 0; i < Math.Abs(exponent); i++)
        {
            multiplier *= exponent > 0 ? b.Multiplier : b.Divisor;
            divisor *= exponent > 0 ? b.Divisor : b.Multiplier;
        }
        return new Factor(multiplier, divisor, a.Dimensions.Times(b.Dimensions, exponent));
    }

    private bool Term(out Factor result)
    {
        result = new Factor(1, 1, default);
        var sign = 1;
        if (at < text.Length && text[at] == '/') (sign, at) = (-1, at + 1);
        while (true)
        {
            if (!Component(out var component)) return false;
            result = Multiply(result, component, sign);
            if (at == text.Length || text[at] is not ('.' or '/')) return true;
            sign = text[at++] == '.' ? 1 : -1;
        }
    }

    private bool Component(out Factor result)
    {
        result = new Factor(1, 1, default);
        if (at == text.Length) return false;
        if (text[at] == '(')
        {
            at++;
            if (++depth > 4 || !Term(out result) || at == text.Length || text[at] != ')') return false;
            at++;
            depth--;
            return true;
        }
        if (text[at] == '{') return Annotation();
        if (!Annotatable(ref result)) return false;
        return at == text.Length || text[at] != '{' || Annotation();
    }

    private bool Annotation()
    {
        var end = text[at..].IndexOf('}');
        at += end + 1;
        return end > 0;
    }

    private bool Annotatable(ref Factor result)
    {
        var start = at;
        if (text[at..].StartsWith("10*") || text[at..].StartsWith("10^"))
        {
            at += 3;
            if (!Exponent(out var power) || Math.Abs(power) > 15) return false;
            result = Multiply(result, new Factor(10, 1, default), power);
            return true;
        }
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        if (at > start)
        {
            if (!int.TryParse(text[start..at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0) return false;
            result = new Factor(number, 1, default);
            return true;
        }
        var inBracket = false;
        while (at < text.Length && (inBracket || (!char.IsAsciiDigit(text[at]) && text[at] is not ('.' or '/' or '(' or ')' or '{' or '+' or '-'))))
        {
            if (text[at] == '[') inBracket = true;
            if (text[at] == ']') inBracket = false;
            at++;
        }
        if (!Atom(text[start..at], out var atom) || !Exponent(out var exponent) || Math.Abs(exponent) > 9) return false;
        result = Multiply(result, atom, exponent);
        return true;
    }

    private bool Exponent(out int exponent)
    {
        exponent = 1;
        var start = at;
        if (at < text.Length && text[at] is '+' or '-') at++;
        while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
        return at == start || int.TryParse(text[start..at], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent);
    }

    private static bool Atom(ReadOnlySpan<char> name, out Factor factor)
    {
        var metric = MetricAtoms.GetAlternateLookup<ReadOnlySpan<char>>();
        if (metric.TryGetValue(name, out factor) || Atoms.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out factor)) return true;
        foreach (var (prefix, multiplier, divisor) in Prefixes)
        {
            if (!name.StartsWith(prefix) || !metric.TryGetValue(name[prefix.Length..], out factor)) continue;
            factor = new Factor(factor.Multiplier * multiplier, factor.Divisor * divisor, factor.Dimensions);
            return true;
        }
        return false;
    }

    private static Dictionary<string, Factor> BuildMetricAtoms()
    {
        Dimensions force = new(1, 1, -2, 0, 0, 0, 0, 0), pressure = new(1, -1, -2, 0, 0, 0, 0, 0), energy = new(1, 2, -2, 0, 0, 0, 0, 0), power = new(1, 2, -3, 0, 0, 0, 0, 0);
        return new()
        {
            ["m"] = new(1, 1, new(0, 1, 0, 0, 0, 0, 0, 0)), ["s"] = new(1, 1, new(0, 0, 1, 0, 0, 0, 0, 0)), ["g"] = new(1, 1000, new(1, 0, 0, 0, 0, 0, 0, 0)), ["t"] = new(1000, 1, new(1, 0, 0, 0, 0, 0, 0, 0)),
            ["A"] = new(1, 1, new(0, 0, 0, 1, 0, 0, 0, 0)), ["K"] = new(1, 1, new(0, 0, 0, 0, 1, 0, 0, 0)), ["cd"] = new(1, 1, new(0, 0, 0, 0, 0, 1, 0, 0)), ["mol"] = new(1, 1, new(0, 0, 0, 0, 0, 0, 1, 0)),
            ["rad"] = new(1, 1, new(0, 0, 0, 0, 0, 0, 0, 1)), ["l"] = new(1, 1000, new(0, 3, 0, 0, 0, 0, 0, 0)), ["L"] = new(1, 1000, new(0, 3, 0, 0, 0, 0, 0, 0)),
            ["Hz"] = new(1, 1, new(0, 0, -1, 0, 0, 0, 0, 0)), ["N"] = new(1, 1, force), ["Pa"] = new(1, 1, pressure), ["bar"] = new(1e5, 1, pressure), ["J"] = new(1, 1, energy), ["W"] = new(1, 1, power),
            ["Wh"] = new(3600, 1, energy), ["cal"] = new(4.184, 1, energy), ["eV"] = new(1.602176634e-19, 1, energy), ["V"] = new(1, 1, new(1, 2, -3, -1, 0, 0, 0, 0)), ["C"] = new(1, 1, new(0, 0, 1, 1, 0, 0, 0, 0)),
            ["Ohm"] = new(1, 1, new(1, 2, -3, -2, 0, 0, 0, 0)), ["S"] = new(1, 1, new(-1, -2, 3, 2, 0, 0, 0, 0)), ["F"] = new(1, 1, new(-1, -2, 4, 2, 0, 0, 0, 0)), ["lm"] = new(1, 1, new(0, 0, 0, 0, 0, 1, 0, 0)),
            ["lx"] = new(1, 1, new(0, -2, 0, 0, 0, 1, 0, 0)), ["m[H2O]"] = new(9806.65, 1, pressure), ["m[Hg]"] = new(133322, 1, pressure), ["g%"] = new(10, 1, new(1, -3, 0, 0, 0, 0, 0, 0)),
        };
    }

    private static Dictionary<string, Factor> BuildAtoms()
    {
        Dimensions time = new(0, 0, 1, 0, 0, 0, 0, 0), length = new(0, 1, 0, 0, 0, 0, 0, 0), pressure = new(1, -1, -2, 0, 0, 0, 0, 0), volume = new(0, 3, 0, 0, 0, 0, 0, 0), mass = new(1, 0, 0, 0, 0, 0, 0, 0);
        return new()
        {
            ["min"] = new(60, 1, time), ["h"] = new(3600, 1, time), ["d"] = new(86_400, 1, time), ["wk"] = new(604_800, 1, time), ["a"] = new(31_557_600, 1, time), ["%"] = new(1, 100, default),
            ["[ppth]"] = new(1, 1e3, default), ["[ppm]"] = new(1, 1e6, default), ["[ppb]"] = new(1, 1e9, default), ["atm"] = new(101_325, 1, pressure), ["[psi]"] = new(6894.757293168361, 1, pressure),
            ["[in_i]"] = new(254, 10_000, length), ["[ft_i]"] = new(3048, 10_000, length), ["[mi_i]"] = new(1609.344, 1, length), ["[gal_us]"] = new(3.785411784, 1000, volume), ["[cft_i]"] = new(28.316846592, 1000, volume),
            ["[lb_av]"] = new(0.45359237, 1, mass), ["[Btu]"] = new(1055.056, 1, new(1, 2, -2, 0, 0, 0, 0, 0)), ["[HP]"] = new(745.69987158227022, 1, new(1, 2, -3, 0, 0, 0, 0, 0)),
            ["deg"] = new(Math.PI, 180, new(0, 0, 0, 0, 0, 0, 0, 1)), ["[kn_i]"] = new(1852, 3600, new(0, 1, -1, 0, 0, 0, 0, 0)),
        };
    }
}
