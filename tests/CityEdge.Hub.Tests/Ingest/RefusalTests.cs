using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Hosting;

namespace CityEdge.Hub.Tests;

/// <summary>What cannot be used is refused alone, kept with its reason and counted; everything else in the same message is taken (design §5).</summary>
[Collection(nameof(OneHubAtATime))]
public sealed class RefusalTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private const string Good = """{"n":"good","u":"Cel","v":1}""";
    private readonly RunningHub hub = fixture.Hub;

    private static string Label(string reason) => $"cityedge_ingest_messages_total{{reason=\"{reason}\"}}";

    private static Task<List<JsonElement>> LettersAsync(RunningHub hub, string reason, string device) =>
        hub.ListAsync($"/api/v1/deadletters?reason={reason}&device={Uri.EscapeDataString(device)}");

    /// <summary>Sends a message in which one record is bad.</summary>
    private static async Task<JsonElement> OneBadRecordAsync(RunningHub hub, string device, string senml, string reason)
    {
        var before = await hub.MetricAsync(Label(reason));
        await hub.TelemetryAsync(device, senml);
        Assert.Equal(before + 1, await hub.MetricAsync(Label(reason)));
        var letter = Assert.Single(await LettersAsync(hub, reason, device));
        Assert.Equal(($"cityedge/v1/{device}/telemetry", senml), (letter.Text("topic"), Encoding.UTF8.GetString(letter.GetProperty("payload_base64").GetBytesFromBase64())));
        Assert.Equal(1, (await hub.GetAsync($"/api/v1/devices/{Uri.EscapeDataString(device)}")).GetProperty("refusals").GetProperty(reason).GetInt32());
        Assert.Equal(1, (await hub.GetAsync($"/api/v1/points/{Uri.EscapeDataString(device + "/good")}")).GetProperty("last").GetProperty("value").GetDouble());
        return letter;
    }

    [Theory]
    [InlineData("foreign_name", "other/device/t", """{"bn":"other/device/","n":"t","u":"Cel","v":2}""")]
    [InlineData("type_changed", "door", """{"n":"door","vb":true},{"n":"door","v":1}""")]
    [InlineData("bad_unit", "furlong", """{"n":"t","u":"furlong","v":2}""")]
    [InlineData("bad_unit", "Pa", """{"n":"t","u":"Cel","v":2},{"n":"t","u":"Pa","v":3}""")]
    [InlineData("not_finite", "t", """{"n":"t","u":"Cel","v":1e999}""")]
    [InlineData("bad_record", "t", """{"n":"t","u":"Cel"}""")]
    [InlineData("bad_record", "no name!", """{"n":"no name!","u":"Cel","v":1}""")]
    public async Task One_bad_record_is_refused_and_the_rest_is_taken(string reason, string named, string bad)
    {
        var device = $"refuse/d{Math.Abs(HashCode.Combine(reason.Length, named.Length, bad.Length))}";
        var letter = await OneBadRecordAsync(hub, device, $"[{Good},{bad},{{\"bn\":\"\",\"n\":\"{device}/after\",\"u\":\"Cel\",\"v\":9}}]", reason);
        Assert.Contains(named, letter.Text("message"), StringComparison.Ordinal);
        Assert.Equal(9, (await hub.GetAsync($"/api/v1/points/{Uri.EscapeDataString(device + "/after")}")).GetProperty("last").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task A_type_never_changes_later_either()
    {
        await hub.TelemetryAsync("retype/dev", """[{"n":"door","vb":true}]""");
        await OneBadRecordAsync(hub, "retype/dev", $$"""[{{Good}},{"n":"door","v":0}]""", "type_changed");
        Assert.True((await hub.GetAsync("/api/v1/points/retype%2Fdev%2Fdoor")).GetProperty("last").GetProperty("value").GetBoolean());
    }

    [Fact]
    public async Task A_future_time_is_stored_at_arrival_marked_and_not_given_to_rules()
    {
        (await hub.PutRuleAsync("future", "id: future\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nwhere: { site: future }\nraise:\n  - { severity: P3, when: \"value < 18\" }\n")).Is(System.Net.HttpStatusCode.Created);
        var now = hub.Clock.NowMs;
        await OneBadRecordAsync(hub, "future/dev", $$"""[{"n":"good","u":"K","v":274.15},{"n":"late","u":"Cel","v":3,"t":{{(now / 1000) + 301}}},{"n":"near","u":"Cel","v":30,"t":{{(now / 1000) + 299}}}]""", "future_time");
        var late = (await hub.GetAsync("/api/v1/points/future%2Fdev%2Flate")).GetProperty("last");
        Assert.Equal((now, 1), (late.Ms("time"), late.GetProperty("quality").GetInt32()));
        Assert.Equal(now + 299_000, (await hub.GetAsync("/api/v1/points/future%2Fdev%2Fnear")).GetProperty("last").Ms("time"));
        await hub.DrainAsync();
        var stored = Assert.Single(await hub.ListAsync($"/api/v1/readings?point=future%2Fdev%2Flate&from={Shape.Iso(now - 1000)}&to={Shape.Iso(now + 600_000)}"));
        Assert.Equal((now, 1), (stored.Ms("time"), stored.GetProperty("quality").GetInt32()));
        Assert.DoesNotContain(await hub.ListAsync("/api/v1/alarms?rule=future"), a => a.Text("point") == "future/dev/late");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task What_is_not_senml_is_refused_as_a_whole(string payload)
    {
        var device = $"notsenml/d{payload.Length}";
        var before = await hub.MetricAsync(Label("not_senml"));
        await hub.TelemetryAsync(device, payload);
        Assert.Equal(before + 1, await hub.MetricAsync(Label("not_senml")));
        Assert.Contains(await hub.ListAsync("/api/v1/deadletters?reason=not_senml"), l => l.Text("topic") == $"cityedge/v1/{device}/telemetry");
        Assert.Empty(await hub.ListAsync("/api/v1/points?site=notsenml"));
    }

    [Theory]
    [InlineData("event", "not_cloudevents", """{"type":"x"}""")]
    [InlineData("event", "not_cloudevents", "nonsense")]
    [InlineData("status", "not_status", """{"state":"asleep"}""")]
    public async Task Events_and_status_that_are_none_are_refused(string channel, string reason, string payload)
    {
        var before = await hub.MetricAsync(Label(reason));
        await hub.PublishAsync($"odd/d{payload.Length}", channel, payload);
        Assert.Equal(before + 1, await hub.MetricAsync(Label(reason)));
        Assert.Contains(await hub.ListAsync($"/api/v1/deadletters?reason={reason}"), l => l.Text("topic") == $"cityedge/v1/odd/d{payload.Length}/{channel}");
    }

    [Theory]
    [InlineData("cityedge/v1/a/b/nonsense")]
    [InlineData("cityedge/v1/a b/c/telemetry")]
    [InlineData("cityedge/v2/a/b/telemetry")]
    [InlineData("cityedge/v1/a/tickets/telemetry/x")]
    public async Task A_topic_below_cityedge_that_is_none_is_refused(string topic)
    {
        var before = await hub.MetricAsync(Label("unknown_topic"));
        await using var client = await hub.ConnectAsync("unknown-topic");
        Assert.InRange(await client.PublishAsync(topic, "x"), 0, 0x7f);
        await hub.FoldedAsync();
        Assert.Equal(before + 1, await hub.MetricAsync(Label("unknown_topic")));
        Assert.Contains(await hub.ListAsync("/api/v1/deadletters?reason=unknown_topic"), l => l.Text("topic") == topic);
    }

    [Fact]
    public async Task A_gzip_payload_is_read()
    {
        await hub.PublishAsync("gzip/dev", "telemetry", Gzip(Encoding.UTF8.GetBytes($"[{Good}]")));
        Assert.Equal(1, (await hub.GetAsync("/api/v1/points/gzip%2Fdev%2Fgood")).GetProperty("last").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task A_gzip_payload_that_is_damaged_or_a_bomb_is_refused()
    {
        var damaged = Gzip(Encoding.UTF8.GetBytes($"[{Good}]"));
        damaged[12] ^= 0xff;
        await hub.PublishAsync("badgzip/damaged", "telemetry", damaged);
        Assert.Contains(await hub.ListAsync("/api/v1/deadletters?reason=not_senml"), l => l.Text("topic") == "cityedge/v1/badgzip/damaged/telemetry");
        await hub.PublishAsync("badgzip/bomb", "telemetry", Gzip(new byte[64 << 20]));
        Assert.Contains(await hub.ListAsync("/api/v1/deadletters?reason=too_large"), l => l.Text("topic") == "cityedge/v1/badgzip/bomb/telemetry");
    }

    [Fact]
    public async Task A_packet_over_256_KiB_ends_the_connection_and_is_counted()
    {
        var before = await hub.MetricAsync(Label("too_large"));
        await using var client = await hub.ConnectAsync("too-large");
        await Assert.ThrowsAnyAsync<IOException>(() => client.PublishAsync("cityedge/v1/big/dev/telemetry", new byte[300_000]));
        Assert.Equal(0x95, await client.Closed);
        await Wait.UntilAsync("the dead letter", async () => (await hub.ListAsync("/api/v1/deadletters?reason=too_large")).Any(l => l.GetProperty("topic").GetString() is null or ""), TimeSpan.FromSeconds(20));
        Assert.Equal(before + 1, await hub.MetricAsync(Label("too_large")));
    }

    [Fact]
    public async Task A_device_over_its_cap_of_points_keeps_those_it_has()
    {
        using var folder = new TemporaryFolder();
        await using var small = await RunningHub.StartAsync(folder["data"], o => o with { MaxPointsPerDevice = 3 });
        await OneBadRecordAsync(small, "cap/dev", $$"""[{{Good}},{"n":"b","u":"Cel","v":2},{"n":"c","u":"Cel","v":3},{"n":"d","u":"Cel","v":4},{"n":"b","u":"Cel","v":5,"t":-1}]""", "series_cap");
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
        Assert.Contains("b", Assert.Single(await LettersAsync(small, "series_cap", "cap/dev")).Text("message"), StringComparison.Ordinal);
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
        Assert.Single(await LettersAsync(small, "series_cap", "cap/c"));
    }

    [Fact]
    public async Task Closed_registration_refuses_who_is_unknown()
    {
        using var folder = new TemporaryFolder();
        await using (var open = await RunningHub.StartAsync(folder["data"])) await open.TelemetryAsync("known/dev", $"[{Good}]");
        await using var closed = await RunningHub.StartAsync(folder["data"], o => o with { RegistrationOpen = false });
        var before = await closed.MetricAsync(Label("unknown_device"));
        await closed.TelemetryAsync("unknown/dev", $"[{Good}]");
        Assert.Equal(before + 1, await closed.MetricAsync(Label("unknown_device")));
        var letter = (await closed.ListAsync("/api/v1/deadletters?reason=unknown_device")).Single(l => l.Text("topic") == "cityedge/v1/unknown/dev/telemetry");
        Assert.Contains("devices add unknown/dev", letter.Text("message"), StringComparison.Ordinal);
        await closed.TelemetryAsync("known/dev", """[{"n":"good","u":"Cel","v":1},{"n":"fresh","u":"Cel","v":2}]""");
        Assert.Equal(["known/dev/good"], (await closed.ListAsync("/api/v1/points")).Select(p => p.Text("id")));
        Assert.Equal(1, (await closed.GetAsync("/api/v1/points/known%2Fdev%2Fgood")).GetProperty("last").GetProperty("value").GetDouble());
        Assert.Single(await LettersAsync(closed, "unknown_device", "known/dev"));
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
            Assert.Equal(2, await secured.Hub.MetricAsync(Label("forbidden_topic")));
            var view = (await secured.Hub.SendAsync(HttpMethod.Get, "/api/v1/devices/count%2Fdev", null, secured.Bearer("viewer"))).Is(System.Net.HttpStatusCode.OK);
            Assert.Equal(2, view["refusals"].GetProperty("forbidden_topic").GetInt32());
        }
        finally
        {
            await secured.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_is_accepted_is_counted()
    {
        var (messages, readings) = (await hub.MetricAsync(Label("accepted")), await hub.MetricAsync("cityedge_ingest_readings_total"));
        await hub.TelemetryAsync("counted/dev", $$"""[{{Good}},{"n":"b","u":"Cel","v":2}]""");
        Assert.Equal((messages + 1, readings + 2), (await hub.MetricAsync(Label("accepted")), await hub.MetricAsync("cityedge_ingest_readings_total")));
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(content);
        return packed.ToArray();
    }
}
