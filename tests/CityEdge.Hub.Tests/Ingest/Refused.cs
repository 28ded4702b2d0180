using System.Text;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>What a refusal leaves: a dead letter, a count, and the rest of the message.</summary>
internal static class Refused
{
    public const string Good = """{"n":"good","u":"Cel","v":1}""";

    public static string Label(string reason) => $"cityedge_ingest_messages_total{{reason=\"{reason}\"}}";

    public static Task<List<JsonElement>> LettersAsync(RunningHub hub, string reason, string device) =>
        hub.ListAsync($"/api/v1/deadletters?reason={reason}&device={Uri.EscapeDataString(device)}");

    /// <summary>Sends a message in which one record is bad.</summary>
    public static async Task<JsonElement> OneRecordAsync(RunningHub hub, string device, string senml, string reason)
    {
        var before = await hub.MetricAsync(Label(reason));
        await hub.TelemetryAsync(device, senml);
        Assert.Equal(before + 1, await hub.MetricAsync(Label(reason)));
        var letter = Assert.Single(await LettersAsync(hub, reason, device));
        Assert.Equal(($"cityedge/v1/{device}/telemetry", senml), (letter.Text("topic"), Encoding.UTF8.GetString(letter.GetProperty("payload_base64").GetBytesFromBase64())));
        Assert.Equal(1, (await hub.GetAsync($"/api/v1/points/{Uri.EscapeDataString(device + "/good")}")).GetProperty("last").GetProperty("value").GetDouble());
        return letter;
    }
}
