using System.Text.Json;
using System.Text.Json.Serialization;

namespace CityEdge.Contracts;

/// <summary>Reads and writes the status document (design §5). Unknown members are ignored, so that a newer agent can talk to an older hub. Bad input is a value, never an exception.</summary>
public static class DeviceStatusJson
{
    /// <summary>UTF-8 JSON of a document.</summary>
    public static byte[] Encode(DeviceStatus status) => JsonSerializer.SerializeToUtf8Bytes(status, StatusJsonContext.Default.DeviceStatus);

    /// <summary>Reads a document.</summary>
    public static DeviceStatusResult Decode(ReadOnlySpan<byte> utf8)
    {
        DeviceStatus? status;
        try
        {
            if (utf8.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) utf8 = utf8[3..];
            status = JsonSerializer.Deserialize(utf8, StatusJsonContext.Default.DeviceStatus);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new(null, $"not a status document: {(e as JsonException)?.Path ?? "$"}: {e.Message}", []);
        }
        if (status is null || status.State is not ("online" or "offline")) return new(null, $"not a status document: state is '{status?.State}', expected online or offline", []);
        if (status.Since is not null && status.SinceMs is null) return new(null, $"not a status document: since '{status.Since}' is no RFC 3339 date-time", []);
        var problems = new List<string>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var points = new List<AnnouncedPoint>();
        foreach (var point in status.Points ?? [])
        {
            if (Problem(point, names) is { } problem) problems.Add(problem);
            else points.Add(point);
        }
        return new(status with { Points = points, Adapters = [.. (status.Adapters ?? []).Where(a => a is { Id: not null, Type: not null })] }, null, problems);
    }

    private static string? Problem(AnnouncedPoint? point, HashSet<string> names)
    {
        if (point is null || !PointId.IsName(point.Name)) return $"point '{point?.Name}': no point name";
        if (!names.Add(point.Name)) return $"point '{point.Name}': announced twice";
        if (point.Kind is not null && !PointKinds.TryParse(point.Kind, out _)) return $"point '{point.Name}': unknown kind '{point.Kind}'";
        if (point.Unit is not null && !Units.TryConvert(0, point.Unit, point.PointKind, out _)) return $"point '{point.Name}': '{point.Unit}' is not a unit of {PointKinds.Name(point.PointKind)}";
        return point.Labels is { } labels && labels.Any(l => l.Key.Length == 0 || l.Value is null) ? $"point '{point.Name}': a label without name or value" : null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeviceStatus))]
internal sealed partial class StatusJsonContext : JsonSerializerContext;
