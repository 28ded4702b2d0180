using System.Text.Json;

namespace CityEdge.Hub.Placing;

/// <summary>What a device says it has made of its configuration: kept as sent, looked into for its version.</summary>
public static class ReportedConfig
{
    /// <summary>True for a JSON object that can be kept; <paramref name="json"/> is its text.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> payload, out string json)
    {
        json = "";
        try
        {
            using var document = JsonDocument.Parse(payload);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return false;
            json = document.RootElement.GetRawText();
            _ = VersionOf(json);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second for text that is no Unicode, which is found only when it is read.
            return false;
        }
    }

    /// <summary>The version that the device has in force; null when it says none.</summary>
    public static string? VersionOf(string? json) => Parse(json) is { } report && report.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.String ? version.GetString() : null;

    /// <summary>The document; null when there is none.</summary>
    public static JsonElement? Parse(string? json)
    {
        if (json is null) return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
