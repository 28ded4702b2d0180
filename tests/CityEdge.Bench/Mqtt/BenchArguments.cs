using System.Globalization;

namespace CityEdge.Bench.Mqtt;

/// <summary><c>--name value</c> and <c>--flag</c> after a verb. Every name that is read is known; <see cref="RejectUnknown"/> names the others.</summary>
internal sealed class BenchArguments
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <exception cref="UsageException">Something stands where an option should.</exception>
    public BenchArguments(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal)) throw new UsageException($"'{arguments[i]}' is no option; options are --name VALUE. See --help.");
            var name = arguments[i][2..];
            var hasValue = i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            values[name] = hasValue ? arguments[++i] : "true";
        }
    }

    public string? Text(string name)
    {
        known.Add(name);
        return values.GetValueOrDefault(name);
    }

    public string Text(string name, string fallback) => Text(name) ?? fallback;

    public bool Flag(string name) => Text(name) is "true";

    /// <exception cref="UsageException">Not a number.</exception>
    public int Number(string name, int fallback) => Text(name) is not { } text
        ? fallback
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw new UsageException($"--{name} is '{text}'; expected a whole number.");

    /// <exception cref="UsageException">Not a number.</exception>
    public double Seconds(string name, double fallback) => Text(name) is not { } text
        ? fallback
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= 0 ? number : throw new UsageException($"--{name} is '{text}'; expected seconds such as 4 or 0.5.");

    /// <summary>Call when all options were read.</summary>
    /// <exception cref="UsageException">An option that nothing reads was given.</exception>
    public void RejectUnknown()
    {
        if (values.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
            throw new UsageException($"--{unknown} is not known here; known: {string.Join(", ", known.Order(StringComparer.Ordinal).Select(n => "--" + n))}.");
    }
}

/// <summary>The command line cannot be used; the message says why.</summary>
internal sealed class UsageException(string message) : Exception(message);
