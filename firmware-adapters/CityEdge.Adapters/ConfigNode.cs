using System.Globalization;
using CityEdge.Contracts;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Adapters;

/// <summary>
/// Reads the keys of one YAML mapping; a mistake is added to the list with file, line, column and key, and the getter returns null. Every key that no getter has asked for is an error in <see cref="RejectUnknown"/>.
/// </summary>
public sealed class ConfigNode(YamlMappingNode mapping, string file, string path, List<ConfigError> errors)
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <summary>True when no mistake has been found so far, in this node or any other of the same adapter.</summary>
    public bool IsValid => errors.Count == 0;

    /// <summary>True when the key is written.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Reports a mistake at a key, or at the mapping when the key is not written.</summary>
    public void Error(string key, string message)
    {
        var at = Find(key)?.Start ?? mapping.Start;
        errors.Add(new ConfigError(file, at.Line, at.Column, path.Length == 0 ? key : $"{path}.{key}", message));
    }

    /// <summary>Text of a scalar.</summary>
    public string? Text(string key, bool required = false)
    {
        switch (Find(key))
        {
            case null:
                if (required) Error(key, $"'{key}' is missing, and required");
                return null;
            case YamlScalarNode { Value: { Length: > 0 } value }:
                return value;
            default:
                Error(key, $"'{key}' is empty or not a single value");
                return null;
        }
    }

    /// <summary>A finite number.</summary>
    public double? Number(string key, double min = double.NegativeInfinity, double max = double.PositiveInfinity)
    {
        if (Text(key) is not { } text) return null;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number >= min && number <= max) return number;
        Error(key, $"'{text}' is not a number{Limits(min, max)}");
        return null;
    }

    /// <summary>A whole number, decimal or <c>0x</c> hexadecimal.</summary>
    public int? Integer(string key, int min = int.MinValue, int max = int.MaxValue, bool required = false)
    {
        if (Text(key, required) is not { } text) return null;
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (int.TryParse(isHex ? text.AsSpan(2) : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max) return number;
        Error(key, $"'{text}' is not a whole number{Limits(min == int.MinValue ? double.NegativeInfinity : min, max == int.MaxValue ? double.PositiveInfinity : max)}");
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public bool? Flag(string key)
    {
        if (Text(key) is not { } text) return null;
        if (bool.TryParse(text, out var flag)) return flag;
        Error(key, $"'{text}' is neither true nor false");
        return null;
    }

    /// <summary>A duration, <c>10s</c> <c>1h30m</c>.</summary>
    public TimeSpan? Duration(string key, TimeSpan min = default)
    {
        if (Text(key) is not { } text) return null;
        if (Durations.TryParse(text, out var duration) && duration >= min) return duration;
        Error(key, $"'{text}' is not a duration{(min > TimeSpan.Zero ? $" of at least {Durations.Format(min)}" : "")}; write for example 10s, 5m, 1h30m");
        return null;
    }

    /// <summary>One of several words.</summary>
    public string? Choice(string key, params ReadOnlySpan<string> words)
    {
        if (Text(key) is not { } text) return null;
        if (words.Contains(text)) return text;
        Error(key, $"'{text}' is not one of {string.Join(", ", words.ToArray())}");
        return null;
    }

    /// <summary>Texts of a sequence, or a single one.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        if (Find(key) is not YamlSequenceNode sequence) return Text(key) is { } one ? [one] : null;
        var texts = sequence.Children.OfType<YamlScalarNode>().Select(n => n.Value ?? "").Where(t => t.Length > 0).ToList();
        if (texts.Count == sequence.Children.Count && texts.Count > 0) return texts;
        Error(key, $"'{key}' is not a list of single values");
        return null;
    }

    /// <summary>A pair of numbers <c>[low, high]</c>.</summary>
    public (double Low, double High)? Range(string key)
    {
        if (!Has(key)) return null;
        if (Find(key) is YamlSequenceNode { Children: [YamlScalarNode low, YamlScalarNode high] } && Parse(low) is { } a && Parse(high) is { } b && a <= b) return (a, b);
        Error(key, $"'{key}' is not a pair [low, high] of numbers");
        return null;

        static double? Parse(YamlScalarNode node) => double.TryParse(node.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && double.IsFinite(n) ? n : null;
    }

    /// <summary>A mapping of texts.</summary>
    public IReadOnlyDictionary<string, string>? Labels(string key)
    {
        if (!Has(key)) return null;
        if (Find(key) is YamlMappingNode labels && labels.Children.All(c => c is { Key: YamlScalarNode { Value.Length: > 0 }, Value: YamlScalarNode { Value: not null } }))
        {
            return labels.Children.ToDictionary(c => ((YamlScalarNode)c.Key).Value!, c => ((YamlScalarNode)c.Value).Value!, StringComparer.Ordinal);
        }
        Error(key, $"'{key}' is not a mapping of names to texts");
        return null;
    }

    /// <summary>The mappings of a sequence; empty when the key is not written.</summary>
    public IReadOnlyList<ConfigNode> Items(string key)
    {
        if (!Has(key)) return [];
        if (Find(key) is YamlSequenceNode sequence && sequence.Children.All(c => c is YamlMappingNode))
        {
            return [.. sequence.Children.Select((c, i) => new ConfigNode((YamlMappingNode)c, file, $"{(path.Length == 0 ? "" : path + ".")}{key}[{i}]", errors))];
        }
        Error(key, $"'{key}' is not a list of mappings; write - {{ name: …, … }}");
        return [];
    }

    /// <summary>Reports every key that nobody has asked for.</summary>
    public void RejectUnknown()
    {
        foreach (var (key, _) in mapping.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? key.ToString();
            if (known.Contains(name)) continue;
            errors.Add(new ConfigError(file, key.Start.Line, key.Start.Column, path.Length == 0 ? name : $"{path}.{name}", $"unknown key '{name}'; known here are {string.Join(", ", known.Order(StringComparer.Ordinal))}"));
        }
    }

    private YamlNode? Find(string key)
    {
        known.Add(key);
        foreach (var (name, value) in mapping.Children)
        {
            if (name is YamlScalarNode scalar && scalar.Value == key) return value;
        }
        return null;
    }

    private static string Limits(double min, double max) => (double.IsFinite(min), double.IsFinite(max)) switch
    {
        (true, true) => string.Create(CultureInfo.InvariantCulture, $" from {min} to {max}"),
        (true, false) => string.Create(CultureInfo.InvariantCulture, $" of at least {min}"),
        (false, true) => string.Create(CultureInfo.InvariantCulture, $" of at most {max}"),
        _ => "",
    };
}
