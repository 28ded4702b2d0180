using System.Text.Json;

namespace CityEdge.Faults.Tests;

/// <summary>
/// Data folders of earlier hubs, as kill -9 left them, beside what those hubs said through their API (made by <c>Upgrade/make.sh</c>): this hub goes on from there with nothing lost.
/// </summary>
public sealed class UpgradeTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string Folder = Path.Combine(Checkout.Root, "tests", "CityEdge.Faults.Tests", "Upgrade");
    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Earlier() => [.. Directory.GetFiles(Folder, "data-*.tar.gz").Select(f => Path.GetFileName(f)[..^".tar.gz".Length]).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Earlier))]
    public async Task An_earlier_hubs_data_folder_is_taken_over_whole(string name)
    {
        using var expected = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, name + ".expected.json"), TestContext.Current.CancellationToken));
        await RestoreAsync(Path.Combine(Folder, name + ".tar.gz"), folder["data"]);
        // Twice: what an upgrade wrote must be readable too. The second life begins after kill -9.
        for (var life = 1; life <= 2; life++)
        {
            await using var hub = await HubProcess.StartAsync(folder["data"], "--max-age", "none", "--retention", "none");
            await hub.DrainAsync(TimeSpan.FromSeconds(30));
            // Asked of the telemetry store in the background, once that has all it is owed.
            await Wait.UntilAsync("every point's newest reading", async () => (await hub.ListAsync("/api/v1/points")).All(p => p.TryGetProperty("last", out var last) && last.ValueKind == JsonValueKind.Object), TimeSpan.FromSeconds(20));
            await AssertSameAsync(hub, expected.RootElement);
            await AssertSleeperAsync(hub, life);
            await hub.KillAsync();
            output.WriteLine($"{name}, life {life}: as before");
        }
    }

    private static async Task AssertSameAsync(HubProcess hub, JsonElement expected)
    {
        foreach (var list in new[] { "points", "assets", "devices", "rules", "alarms", "deadletters" })
        {
            // No loss: a point that has been silent for months may have another state; refusals are counted since the start.
            string[] ignored = list switch { "points" => ["state"], "devices" => ["connected", "refusals"], _ => [] };
            var before = expected.GetProperty(list).EnumerateArray().ToList();
            // Keys may be added; those that the earlier hub told must be there with their values.
            var told = before.SelectMany(item => item.EnumerateObject()).Select(property => property.Name).Except(ignored).ToHashSet();
            Assert.Equal(Lines(before, told), Lines(await hub.ListAsync($"/api/v1/{list}"), told));
        }
        foreach (var readings in expected.EnumerateObject().Where(p => p.Name.StartsWith("readings-", StringComparison.Ordinal)))
        {
            var name = readings.Name["readings-".Length..];
            var device = name.StartsWith("room.", StringComparison.Ordinal) ? "kiosk-0007" : "kiosk-0008";
            var now = await hub.ListAsync($"/api/v1/readings?point=bj-chaoyang-01%2F{device}%2F{name}&from=2026-01-01T00:00:00Z&to=2026-01-04T00:00:00Z");
            Assert.Equal(readings.Value.EnumerateArray().Select(r => r.GetRawText()), now.Select(r => r.GetRawText()));
        }
        var tickets = (await hub.ListAsync("/api/v1/tickets")).ToDictionary(t => t.GetProperty("id").GetString()!);
        Assert.Equal(expected.GetProperty("tickets").GetArrayLength(), tickets.Count);
        foreach (var before in expected.GetProperty("tickets").EnumerateArray())
        {
            var after = tickets[before.GetProperty("id").GetString()!];
            foreach (var key in new[] { "no", "state", "severity", "rule", "raised_at", "opened_at", "closed_at" }) Assert.Equal(before.GetProperty(key).ToString(), after.GetProperty(key).ToString());
            var hashes = after.GetProperty("timeline").EnumerateArray().Select(e => e.GetProperty("hash").GetString()).ToList();
            Assert.Equal(before.GetProperty("timeline").EnumerateArray().Select(e => e.GetProperty("hash").GetString()), hashes.Take(before.GetProperty("timeline").GetArrayLength()));
        }
    }

    private static IEnumerable<string> Lines(IEnumerable<JsonElement> items, HashSet<string> told) =>
        items.Select(i => string.Join(' ', i.EnumerateObject().Where(p => told.Contains(p.Name) && p.Value.ValueKind != JsonValueKind.Null).OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}={p.Value.GetRawText()}"))).Order(StringComparer.Ordinal);

    /// <summary>The persistent session of an MQTT client that was away: what waited for it is delivered once, and the retained message stands.</summary>
    private static async Task AssertSleeperAsync(HubProcess hub, int life)
    {
        var first = life == 1;
        await using var sleeper = new ChildProcess("mosquitto_sub", ["-p", hub.MqttPort, "-V", "mqttv5", "-q", "1", "-c", "-i", "sleeper", "-x", "86400", "-t", "city/+", "-C", first ? "2" : "1", "-F", "%t %p %r"]);
        Assert.True(await sleeper.WaitForExitAsync(TimeSpan.FromSeconds(20)) == 0, sleeper.Errors);
        Assert.Equal(first ? ["city/news waits 0", "city/notice kept 1"] : ["city/notice kept 1"], sleeper.Lines.Order(StringComparer.Ordinal));
    }

    private static async Task RestoreAsync(string archive, string data)
    {
        await using var restore = new ChildProcess(HubProcess.Program, ["restore", archive, "--data", data]);
        Assert.True(await restore.WaitForExitAsync(TimeSpan.FromSeconds(60)) == 0, restore.Errors);
    }

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();
}
