using CityEdge.Hub.Hosting;

namespace CityEdge.Hub.Tests;

/// <summary>Caps, closed registration and foreign topics: refused with the reason, counted, and nobody else is disturbed. Each test has a hub with settings of its own.</summary>
[Collection(nameof(OneHubAtATime))]
public sealed class CapTests
{
    [Fact]
    public async Task A_device_over_its_cap_of_points_keeps_those_it_has()
    {
        using var folder = new TemporaryFolder();
        await using var small = await RunningHub.StartAsync(folder["data"], o => o with { MaxPointsPerDevice = 3 });
        await Refused.OneRecordAsync(small, "cap/dev", $$"""[{{Refused.Good}},{"n":"b","u":"Cel","v":2},{"n":"c","u":"Cel","v":3},{"n":"d","u":"Cel","v":4},{"n":"b","u":"Cel","v":5,"t":-1}]""", "series_cap");
        Assert.Equal(3, (await small.ListAsync("/api/v1/points")).Count);
        await small.DrainAsync();
        Assert.Equal(2, (await small.ListAsync("/api/v1/readings?point=cap%2Fdev%2Fb")).Count);
        await small.TemperatureAsync("cap/other", 1);
        Assert.Equal(4, (await small.ListAsync("/api/v1/points")).Count);
    }

    [Fact]
    public async Task An_announcement_over_the_cap_is_refused_with_its_reason_too()
    {
        using var folder = new TemporaryFolder();
        await using var small = await RunningHub.StartAsync(folder["data"], o => o with { MaxPointsPerDevice = 1 });
        await small.PublishAsync("cap/dev", "status", """{"state":"online","points":[{"name":"a","kind":"temperature"},{"name":"b","kind":"temperature"}]}""");
        Assert.Single(await small.ListAsync("/api/v1/points"));
        Assert.Contains("b", Assert.Single(await Refused.LettersAsync(small, "series_cap", "cap/dev")).Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hubs_cap_of_series_holds_over_devices()
    {
        using var folder = new TemporaryFolder();
        await using var small = await RunningHub.StartAsync(folder["data"], o => o with { MaxSeries = 2 });
        await small.TemperatureAsync("cap/a", 1);
        await small.TemperatureAsync("cap/b", 1);
        await small.TemperatureAsync("cap/c", 1);
        Assert.Equal(2, (await small.ListAsync("/api/v1/points")).Count);
        Assert.Single(await Refused.LettersAsync(small, "series_cap", "cap/c"));
    }

    [Fact]
    public async Task Closed_registration_refuses_who_is_unknown()
    {
        using var folder = new TemporaryFolder();
        await using (var open = await RunningHub.StartAsync(folder["data"])) await open.TelemetryAsync("known/dev", $"[{Refused.Good}]");
        await using var closed = await RunningHub.StartAsync(folder["data"], o => o with { RegistrationOpen = false });
        var before = await closed.MetricAsync(Refused.Label("unknown_device"));
        await closed.TelemetryAsync("unknown/dev", $"[{Refused.Good}]");
        Assert.Equal(before + 1, await closed.MetricAsync(Refused.Label("unknown_device")));
        var letter = (await closed.ListAsync("/api/v1/deadletters?reason=unknown_device")).Single(l => l.Text("topic") == "cityedge/v1/unknown/dev/telemetry");
        Assert.Contains("devices add unknown/dev", letter.Text("message"), StringComparison.Ordinal);
        await closed.TelemetryAsync("known/dev", """[{"n":"good","u":"Cel","v":1},{"n":"fresh","u":"Cel","v":2}]""");
        Assert.Equal(["known/dev/good"], (await closed.ListAsync("/api/v1/points")).Select(p => p.Text("id")));
        Assert.Equal(1, (await closed.GetAsync("/api/v1/points/known%2Fdev%2Fgood")).GetProperty("last").GetProperty("value").GetDouble());
        Assert.Single(await Refused.LettersAsync(closed, "unknown_device", "known/dev"));
    }

    [Fact]
    public async Task A_forbidden_topic_is_counted()
    {
        var secured = new SecuredHub();
        await secured.InitializeAsync();
        try
        {
            var token = await secured.AddDeviceAsync("count/dev");
            await using var device = await secured.Hub.ConnectAsync("count-dev", "count/dev", token);
            Assert.Equal(0x87, await device.PublishAsync("cityedge/v1/count/other/telemetry", "x"));
            Assert.Equal(0x87, await device.PublishAsync("cityedge/v1/count/other/telemetry", "x"));
            Assert.Equal(2, await secured.Hub.MetricAsync(Refused.Label("forbidden_topic")));
            var view = (await secured.Hub.SendAsync(HttpMethod.Get, "/api/v1/devices/count%2Fdev", null, secured.Bearer("viewer"))).Is(System.Net.HttpStatusCode.OK);
            Assert.Equal(2, view["refusals"].GetProperty("forbidden_topic").GetInt32());
        }
        finally
        {
            await secured.DisposeAsync();
        }
    }
}
