using System.Net;
using System.Text.Json;

namespace CityEdge.Faults.Tests;

/// <summary>The journal can grow no more, by its disk or by its cap: who publishes waits, nothing acknowledged is lost, and the hub goes on without a restart once there is room (design §2, promises 1 and 7).</summary>
public sealed class FullDiskTests(ITestOutputHelper output) : IDisposable
{
    private const int Payload = 32 << 10;
    private const long AllowedMemory = 150 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task With_the_journals_disk_full_publishers_wait_and_go_on_when_there_is_room()
    {
        // Two segments of 64 MiB and the database; not a third. InfluxDB is away, so that the journal keeps everything.
        await using var disk = await SmallDisk.MountAsync(170 << 20);
        await using var influx = await InfluxServer.StartAsync();
        await influx.KillAsync();
        await using var hub = new MortalHub(disk["hub"], "--telemetry", "influx", "--influx-url", influx.Url);
        await StallsAsync(hub, async () =>
        {
            var ready = await ReadyAsync(hub);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.Status);
            Assert.Contains("space", ready.Body.GetProperty("journal").GetString(), StringComparison.OrdinalIgnoreCase);
            Assert.Equal(1, await hub.Now.MetricAsync("cityedge_journal_refusing"));
            // The ticket was opened while there was still room for it.
            Assert.Single(await hub.Now.ListAsync("/api/v1/tickets?category=hub.disk"));
            await disk.ResizeAsync(600 << 20);
        }, influx);
        await Wait.UntilAsync("the hub's ticket about its disk to close by itself", async () =>
            (await hub.Now.ListAsync("/api/v1/tickets?category=hub.disk")).Single().GetProperty("state").GetString() == "self-cleared", TimeSpan.FromSeconds(30));
        await hub.StopAsync();
        await hub.AssertJournalIsSoundAsync();
    }

    [Fact]
    public async Task With_the_journal_at_its_cap_publishers_wait_until_InfluxDB_is_back()
    {
        await using var influx = await InfluxServer.StartAsync();
        await influx.KillAsync();
        await using var hub = new MortalHub(folder["hub"], "--telemetry", "influx", "--influx-url", influx.Url, "--journal-max", "256MiB");
        await StallsAsync(hub, async () =>
        {
            var tickets = await Wait.ForAsync("a ticket that the journal is nearly full", async () => await hub.Now.ListAsync("/api/v1/tickets?category=hub.journal") is { Count: > 0 } found ? found : null, TimeSpan.FromSeconds(30));
            Assert.Contains("telemetry", Assert.Single(tickets).GetProperty("action").GetProperty("en").GetString());
        }, influx);
        await Wait.UntilAsync("the hub's ticket about its journal to close by itself", async () =>
            (await hub.Now.ListAsync("/api/v1/tickets?category=hub.journal")).Single().GetProperty("state").GetString() == "self-cleared", TimeSpan.FromSeconds(30));
        await hub.StopAsync();
    }

    /// <summary>Publishes until nothing is acknowledged any more, looks, makes room by <paramref name="mend"/> and by InfluxDB, and compares acknowledgements with what is stored.</summary>
    private async Task StallsAsync(MortalHub hub, Func<Task> mend, InfluxServer influx)
    {
        await hub.StartAsync();
        await using var publisher = new NumberedPublisher(hub.Mqtt, Payload);
        await publisher.StartAsync();
        await Wait.UntilAsync("messages to be acknowledged", () => Task.FromResult(publisher.Acknowledged > 500), Patience, () => hub.Now.Child.Errors);
        var before = hub.Now.Child.ResidentBytes;
        var (last, since) = (0, TimeProvider.System.GetTimestamp());
        await Wait.UntilAsync("acknowledgements to stop", () =>
        {
            if (publisher.Acknowledged != last) (last, since) = (publisher.Acknowledged, TimeProvider.System.GetTimestamp());
            return Task.FromResult(TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(4));
        }, Patience, () => hub.Now.Child.Errors);
        Assert.False(hub.Now.Child.Process.HasExited, hub.Now.Child.Errors);
        var during = hub.Now.Child.ResidentBytes;
        output.WriteLine($"stopped at {last} acknowledged of {publisher.Sent} sent; resident {before >> 20} MiB before, {during >> 20} MiB while full");
        Assert.InRange(during - before, long.MinValue, AllowedMemory);
        await mend();
        await influx.StartAgainAsync();
        await Wait.UntilAsync("messages to be acknowledged again", () => Task.FromResult(publisher.Acknowledged > last + 200), Patience, () => $"{publisher.Acknowledged} acknowledged, {publisher.Sent} sent. {hub.Now.Child.Errors}");
        await publisher.FinishAsync(Patience);
        await hub.Now.DrainAsync(Patience);
        output.WriteLine($"{publisher.Sent} sent, {publisher.Acknowledged} acknowledged, {publisher.Refused.Count} refused");
        await publisher.AssertStoredAsync(influx);
    }

    private static async Task<(HttpStatusCode Status, JsonElement Body)> ReadyAsync(MortalHub hub)
    {
        using var response = await hub.Now.Http.GetAsync("/readyz", TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
    }

    public void Dispose() => folder.Dispose();
}
