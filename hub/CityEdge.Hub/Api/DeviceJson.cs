using System.Text.Json;
using CityEdge.Hub.Placing;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Api;

/// <summary>A device in API and live stream: state, what its agent says of itself, what of it was refused.</summary>
public static class DeviceJson
{
    public static object View(DeviceEntry device)
    {
        JsonElement? status = null;
        if (device.StatusJson is not null)
        {
            using var document = JsonDocument.Parse(device.StatusJson);
            status = document.RootElement.Clone();
        }
        return new
        {
            device.Id,
            device.Site,
            Name = device.Device,
            State = device.Online ? "online" : device.SinceMs == 0 ? "unknown" : "offline",
            Since = Time(device.SinceMs),
            LastSeen = Time(device.LastSeenMs),
            Agent = Part(status, "agent"),
            Spool = Part(status, "spool"),
            Adapters = Part(status, "adapters"),
            device.Points,
            Config = device.ConfigVersion is null && device.ReportedJson is null ? null : new { Desired = device.ConfigVersion, Reported = ReportedConfig.Parse(device.ReportedJson) },
            device.Refusals,
        };
    }

    private static JsonElement? Part(JsonElement? status, string name) => status is { ValueKind: JsonValueKind.Object } document && document.TryGetProperty(name, out var part) ? part : null;

    private static DateTimeOffset? Time(long ms) => ms == 0 ? null : HubJson.FromMs(ms);
}
