using System.Text.Json;
using System.Text.Json.Serialization;

namespace CityEdge.Contracts;

/// <summary>Reads and writes the <c>config</c> documents (design §5). Unknown members are ignored, so that a newer hub can talk to an older agent. Bad input is a value, never an exception.</summary>
public static class DeviceConfigJson
{
    /// <summary>UTF-8 JSON of a document.</summary>
    public static byte[] Encode(DeviceConfig config) => JsonSerializer.SerializeToUtf8Bytes(config, ConfigJsonContext.Default.DeviceConfig);

    /// <inheritdoc cref="Encode(DeviceConfig)" />
    public static byte[] Encode(DeviceConfigReport report) => JsonSerializer.SerializeToUtf8Bytes(report, ConfigJsonContext.Default.DeviceConfigReport);

    /// <summary>Reads a desired configuration; null, and why, when it is none.</summary>
    public static DeviceConfig? Decode(ReadOnlySpan<byte> utf8, out string? error)
    {
        DeviceConfig? config;
        try
        {
            config = JsonSerializer.Deserialize(utf8, ConfigJsonContext.Default.DeviceConfig);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Refused($"{(e as JsonException)?.Path ?? "$"}: {e.Message}", out error);
        }
        if (config is null || string.IsNullOrEmpty(config.Version) || string.IsNullOrEmpty(config.Zone)) return Refused("version or zone is empty", out error);
        config = config with { Rules = config.Rules ?? [], Points = config.Points ?? [], LeftOut = config.LeftOut ?? [] };
        foreach (var rule in config.Rules)
        {
            if (rule is null || string.IsNullOrEmpty(rule.Id) || rule.Yaml is null) return Refused($"rule '{rule?.Id}' has no id or no text", out error);
        }
        if (config.Rules.GroupBy(r => r.Id).FirstOrDefault(g => g.Count() > 1) is { } twice) return Refused($"rule '{twice.Key}' is there twice", out error);
        foreach (var point in config.Points)
        {
            if (point is null || !PointId.IsName(point.Name)) return Refused($"point '{point?.Name}' is no point name", out error);
            if (!PointKinds.TryParse(point.Kind, out _)) return Refused($"point '{point.Name}' has the unknown kind '{point.Kind}'", out error);
            if (point.Labels is null || point.Attributes is null || point.Labels.Values.Contains(null!) || point.Attributes.Values.Contains(null!)) return Refused($"point '{point.Name}' has no labels or attributes", out error);
        }
        error = null;
        return config;
    }

    private static DeviceConfig? Refused(string what, out string? error)
    {
        error = $"not a configuration: {what}";
        return null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeviceConfig))]
[JsonSerializable(typeof(DeviceConfigReport))]
internal sealed partial class ConfigJsonContext : JsonSerializerContext;
