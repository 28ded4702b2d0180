using System.Text.Json;

namespace CityEdge.Faults.Tests;

/// <summary>Everything that an InfluxDB can do to the hub that writes to it, with both programs: the hub goes on without a restart, nothing is lost, nothing is there twice (design §2, promises 2 and 3).</summary>
public sealed class InfluxFaultTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Stopped_in_its_tracks_killed_and_restarted_it_has_every_reading_once()
    {
        await using var influx = await InfluxServer.StartAsync();
        await using var hub = new MortalHub(folder["hub"], "--telemetry", "influx", "--influx-url", influx.Url);
        await hub.StartAsync();
        await using var publisher = new NumberedPublisher(hub.Mqtt);
        await publisher.StartAsync();
        await MoreAsync(publisher);
        influx.Child.Pause();
        // Publishing does not wait for it.
        await MoreAsync(publisher);
        influx.Child.Resume();
        await MoreAsync(publisher);
        await influx.KillAsync();
        await MoreAsync(publisher);
        await influx.StartAgainAsync();
        await MoreAsync(publisher);
        await publisher.FinishAsync(Patience);
        await hub.Now.DrainAsync(Patience);
        output.WriteLine($"{publisher.Acknowledged} acknowledged");
        await publisher.AssertStoredAsync(influx);
        Assert.Empty(await hub.Now.ListAsync("/api/v1/deadletters"));
        // An outage is backlog, not a fault that people must mend.
        Assert.Empty(await hub.Now.ListAsync("/api/v1/tickets?category=hub.telemetry"));
        await hub.StopAsync();
    }

    [Fact]
    public async Task With_its_disk_full_readings_wait_and_arrive_once_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(32 << 20);
        await using var influx = await InfluxServer.StartAsync(folder: disk.Path);
        await using var hub = new MortalHub(folder["hub"], "--telemetry", "influx", "--influx-url", influx.Url);
        await hub.StartAsync();
        await using var publisher = new NumberedPublisher(hub.Mqtt);
        await publisher.StartAsync();
        await MoreAsync(publisher);
        disk.Fill();
        var problem = await Wait.ForAsync("the hub to hear of the full disk", async () =>
        {
            var ready = await ReadyAsync(hub);
            return ready.GetProperty("telemetry").GetString() is { } said && said != "ok" ? said : null;
        }, Patience);
        output.WriteLine(problem);
        Assert.Contains("no space left", problem);
        await MoreAsync(publisher);
        disk.Empty();
        if (Checkout.Long) Assert.Contains("no space left", (await TicketAsync(hub, "open")).GetProperty("action").GetProperty("en").GetString());
        // InfluxDB 1.6.7 keeps saying so for ever (the writer of its WAL remembers its first error): restarting it is the mend.
        await influx.KillAsync();
        await influx.StartAgainAsync();
        await MoreAsync(publisher);
        await publisher.FinishAsync(Patience);
        await hub.Now.DrainAsync(Patience);
        await publisher.AssertStoredAsync(influx);
        Assert.Empty(await hub.Now.ListAsync("/api/v1/deadletters"));
        await hub.StopAsync();
    }

    [Fact]
    public async Task A_wrong_password_is_one_ticket_over_restarts_and_closes_by_itself_when_it_is_mended()
    {
        await using var influx = await InfluxServer.StartAsync(authentication: true);
        await influx.ExecuteAsync("CREATE USER admin WITH PASSWORD 'root' WITH ALL PRIVILEGES");
        foreach (var statement in new[] { "CREATE DATABASE cityedge WITH NAME raw", "CREATE USER hub WITH PASSWORD 'right'", "GRANT ALL ON cityedge TO hub" }) await influx.ExecuteAsync(statement, "admin", "root");
        var password = folder.Write("password", "wrong\n");
        await using var hub = new MortalHub(folder["hub"], "--telemetry", "influx", "--influx-url", influx.Url, "--influx-user", "hub", "--influx-password-file", password);
        await hub.StartAsync();
        await using var publisher = new NumberedPublisher(hub.Mqtt, window: 5);
        await publisher.StartAsync();
        var ticket = await TicketAsync(hub, "open");
        Assert.Equal(("hub", "hub.telemetry", "P2"), (ticket.GetProperty("asset").GetString(), ticket.GetProperty("category").GetString(), ticket.GetProperty("severity").GetString()));
        var action = ticket.GetProperty("action").GetProperty("en").GetString()!;
        Assert.Contains(influx.Url, action);
        Assert.Contains("authorization failed", action);
        Assert.Contains("--influx-password-file", action);
        Assert.Contains(influx.Url, ticket.GetProperty("action").GetProperty("zh").GetString());
        Assert.DoesNotContain("wrong", ticket.ToString());
        var ready = await ReadyAsync(hub);
        Assert.Equal("stopped", ready.GetProperty("telemetry_trouble").GetString());
        Assert.Equal(1, await hub.Now.MetricAsync("cityedge_telemetry_trouble{trouble=\"stopped\"}"));
        Assert.Equal(1, await hub.Now.MetricAsync("cityedge_system_incidents{subject=\"telemetry\"}"));
        var looks = await hub.Now.MetricAsync("cityedge_consumer_retries_total{consumer=\"telemetry\"}");
        Assert.InRange(looks, 1, 4);
        await hub.KillAsync();
        await hub.StartAsync();
        await Wait.UntilAsync("the restarted hub to be refused", async () => (await ReadyAsync(hub)).GetProperty("telemetry_trouble").GetString() == "stopped", Patience);
        Assert.Equal(ticket.GetProperty("id").GetString(), (await TicketAsync(hub, "open")).GetProperty("id").GetString());
        Assert.Single(await hub.Now.ListAsync("/api/v1/alarms?state=active"));
        folder.Write("password", "right\n");
        Assert.Equal(ticket.GetProperty("id").GetString(), (await TicketAsync(hub, "self-cleared")).GetProperty("id").GetString());
        await publisher.FinishAsync(Patience);
        await hub.Now.DrainAsync(Patience);
        Assert.Equal(0, await hub.Now.MetricAsync("cityedge_system_incidents{subject=\"telemetry\"}"));
        Assert.Empty(await hub.Now.ListAsync("/api/v1/alarms?state=active"));
        var count = await influx.ExecuteAsync("SELECT count(value) FROM cityedge.raw.temperature", "admin", "root");
        Assert.Equal(publisher.Acknowledged, JsonSerializer.Deserialize<JsonElement>(count).GetProperty("results")[0].GetProperty("series")[0].GetProperty("values")[0][1].GetInt32());
        await hub.StopAsync();
    }

    [Fact]
    public async Task A_backlog_is_stored_as_the_kind_that_its_point_had_then_also_after_a_restart()
    {
        const long Start = 1_577_836_800_000;
        await using var influx = await InfluxServer.StartAsync();
        await influx.KillAsync();
        await using var hub = new MortalHub(folder["hub"], "--telemetry", "influx", "--influx-url", influx.Url);
        await hub.StartAsync();
        await Evidence.PublishAsync(hub.Mqtt, "site-a", "d", Enumerable.Range(0, 50).Select(i => ("x", Start + (i * 1000L), (double)i)));
        await PatchAsync("{\"kind\":\"value\"}");
        await Evidence.PublishAsync(hub.Mqtt, "site-a", "d", Enumerable.Range(50, 50).Select(i => ("x", Start + (i * 1000L), (double)i)));
        await hub.KillAsync();
        await hub.StartAsync();
        await PatchAsync("{\"kind\":\"ratio\"}");
        await influx.StartAgainAsync();
        await hub.Now.DrainAsync(Patience);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (double)i), (await influx.QueryAsync("select value from raw.temperature where device = 'd'")).Select(r => r.Value));
        Assert.Equal(Enumerable.Range(50, 50).Select(i => (double)i), (await influx.QueryAsync("select value from raw.value where device = 'd'")).Select(r => r.Value));
        await hub.StopAsync();

        async Task PatchAsync(string json)
        {
            using var answer = await hub.Now.Http.PatchAsync("/api/v1/points/site-a%2Fd%2Fx", new StringContent(json, System.Text.Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Every_documented_error_of_InfluxDB_2_is_lived_through_without_a_restart()
    {
        await using var influx = new InfluxTwoFake();
        await using var hub = new MortalHub(folder["hub"], "--telemetry", "influx", "--influx-version", "2", "--influx-url", influx.Url, "--influx-org", "o", "--influx-bucket", "b", "--influx-token", "t");
        await hub.StartAsync();
        await using var publisher = new NumberedPublisher(hub.Mqtt, window: 5);
        await publisher.StartAsync();
        foreach (var error in InfluxTwoFake.Errors)
        {
            influx.Now = error;
            await Wait.UntilAsync($"the hub to meet {error}", () => Task.FromResult(influx.Given(error) >= 1), Patience, () => hub.Now.Child.Errors);
            influx.Now = "";
            var before = influx.Stored.Count;
            await Wait.UntilAsync($"readings to be stored after {error}", () => Task.FromResult(influx.Stored.Count > before), Patience, () => hub.Now.Child.Errors);
        }
        await publisher.FinishAsync(Patience);
        await hub.Now.DrainAsync(Patience);
        var letters = await hub.Now.ListAsync("/api/v1/deadletters?reason=sink_refused");
        output.WriteLine($"{publisher.Acknowledged} acknowledged, {influx.Stored.Count} stored, {letters.Count} refused by InfluxDB; {influx.Writes} requests");
        Assert.NotEmpty(letters);
        Assert.All(letters, l => Assert.Contains(InfluxTwoFake.Words, l.GetProperty("message").GetString()));
        Assert.Equal(publisher.Acknowledged, influx.Stored.Count + letters.Count);
        var ticket = Assert.Single(await hub.Now.ListAsync("/api/v1/tickets?category=hub.telemetry"));
        Assert.Equal("self-cleared", ticket.GetProperty("state").GetString());
        await hub.StopAsync();
    }

    /// <summary>The one ticket of the hub about its telemetry, in this state.</summary>
    private static Task<JsonElement> TicketAsync(MortalHub hub, string state) => Wait.ForAsync($"the ticket about telemetry to be {state}", async () =>
    {
        var tickets = await hub.Now.ListAsync("/api/v1/tickets?category=hub.telemetry");
        Assert.InRange(tickets.Count, 0, 1);
        return tickets.Count == 1 && tickets[0].GetProperty("state").GetString() == state ? new Found(tickets[0]) : null;
    }, Patience, () => hub.Now.Child.Errors).ContinueWith(t => t.Result.Ticket, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);

    private static async Task MoreAsync(NumberedPublisher publisher)
    {
        var before = publisher.Acknowledged;
        await Wait.UntilAsync("2000 more readings to be acknowledged", () => Task.FromResult(publisher.Acknowledged >= before + 2000), Patience);
    }

    private static async Task<JsonElement> ReadyAsync(MortalHub hub)
    {
        using var response = await hub.Now.Http.GetAsync("/readyz", TestContext.Current.CancellationToken);
        return JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private sealed record Found(JsonElement Ticket);

    public void Dispose() => folder.Dispose();
}
