using System.IO.Compression;
using System.Text;

namespace CityEdge.Hub.Tests;

/// <summary>What cannot be used is refused alone, kept with its reason and counted; everything else in the same message is taken (design §5).</summary>
[Collection(nameof(OneHubAtATime))]
public sealed class RefusalTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

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
        var letter = await Refused.OneRecordAsync(hub, device, $"[{Refused.Good},{bad},{{\"bn\":\"\",\"n\":\"{device}/after\",\"u\":\"Cel\",\"v\":9}}]", reason);
        Assert.Contains(named, letter.Text("message"), StringComparison.Ordinal);
        Assert.Equal(9, (await hub.GetAsync($"/api/v1/points/{Uri.EscapeDataString(device + "/after")}")).GetProperty("last").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task A_type_never_changes_later_either()
    {
        await hub.TelemetryAsync("retype/dev", """[{"n":"door","vb":true}]""");
        await Refused.OneRecordAsync(hub, "retype/dev", $$"""[{{Refused.Good}},{"n":"door","v":0}]""", "type_changed");
        Assert.True((await hub.GetAsync("/api/v1/points/retype%2Fdev%2Fdoor")).GetProperty("last").GetProperty("value").GetBoolean());
    }

    [Fact]
    public async Task A_future_time_is_stored_at_arrival_marked_and_not_given_to_rules()
    {
        (await hub.PutRuleAsync("future", "id: future\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nwhere: { site: future }\nraise:\n  - { severity: P3, when: \"value < 18\" }\n")).Is(System.Net.HttpStatusCode.Created);
        var now = hub.Clock.NowMs;
        await Refused.OneRecordAsync(hub, "future/dev", $$"""[{"n":"good","u":"K","v":274.15},{"n":"late","u":"Cel","v":3,"t":{{(now / 1000) + 301}}},{"n":"near","u":"Cel","v":30,"t":{{(now / 1000) + 299}}}]""", "future_time");
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
        var before = await hub.MetricAsync(Refused.Label("not_senml"));
        await hub.TelemetryAsync(device, payload);
        Assert.Equal(before + 1, await hub.MetricAsync(Refused.Label("not_senml")));
        Assert.Contains(await hub.ListAsync("/api/v1/deadletters?reason=not_senml"), l => l.Text("topic") == $"cityedge/v1/{device}/telemetry");
        Assert.Empty(await hub.ListAsync("/api/v1/points?site=notsenml"));
    }

    [Theory]
    [InlineData("event", "not_cloudevents", """{"type":"x"}""")]
    [InlineData("event", "not_cloudevents", "nonsense")]
    [InlineData("status", "not_status", """{"state":"asleep"}""")]
    public async Task Events_and_status_that_are_none_are_refused(string channel, string reason, string payload)
    {
        var before = await hub.MetricAsync(Refused.Label(reason));
        await hub.PublishAsync($"odd/d{payload.Length}", channel, payload);
        Assert.Equal(before + 1, await hub.MetricAsync(Refused.Label(reason)));
        Assert.Contains(await hub.ListAsync($"/api/v1/deadletters?reason={reason}"), l => l.Text("topic") == $"cityedge/v1/odd/d{payload.Length}/{channel}");
    }

    [Theory]
    [InlineData("cityedge/v1/a/b/nonsense")]
    [InlineData("cityedge/v1/a b/c/telemetry")]
    [InlineData("cityedge/v2/a/b/telemetry")]
    [InlineData("cityedge/v1/a/tickets/telemetry/x")]
    public async Task A_topic_below_cityedge_that_is_none_is_refused(string topic)
    {
        var before = await hub.MetricAsync(Refused.Label("unknown_topic"));
        await using var client = await hub.ConnectAsync("unknown-topic");
        Assert.InRange(await client.PublishAsync(topic, "x"), 0, 0x7f);
        await hub.FoldedAsync();
        Assert.Equal(before + 1, await hub.MetricAsync(Refused.Label("unknown_topic")));
        Assert.Contains(await hub.ListAsync("/api/v1/deadletters?reason=unknown_topic"), l => l.Text("topic") == topic);
    }

    [Fact]
    public async Task A_gzip_payload_is_read()
    {
        await hub.PublishAsync("gzip/dev", "telemetry", Gzip(Encoding.UTF8.GetBytes($"[{Refused.Good}]")));
        Assert.Equal(1, (await hub.GetAsync("/api/v1/points/gzip%2Fdev%2Fgood")).GetProperty("last").GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task A_gzip_payload_that_is_damaged_or_a_bomb_is_refused()
    {
        var damaged = Gzip(Encoding.UTF8.GetBytes($"[{Refused.Good}]"));
        damaged[12] ^= 0xff;
        await hub.PublishAsync("badgzip/damaged", "telemetry", damaged);
        Assert.Contains(await hub.ListAsync("/api/v1/deadletters?reason=not_senml"), l => l.Text("topic") == "cityedge/v1/badgzip/damaged/telemetry");
        await hub.PublishAsync("badgzip/bomb", "telemetry", Gzip(new byte[64 << 20]));
        Assert.Contains(await hub.ListAsync("/api/v1/deadletters?reason=too_large"), l => l.Text("topic") == "cityedge/v1/badgzip/bomb/telemetry");
    }

    [Fact]
    public async Task A_packet_over_256_KiB_ends_the_connection_and_is_counted()
    {
        var before = await hub.MetricAsync(Refused.Label("too_large"));
        await using var client = await hub.ConnectAsync("too-large");
        await Assert.ThrowsAnyAsync<IOException>(() => client.PublishAsync("cityedge/v1/big/dev/telemetry", new byte[300_000]));
        Assert.Equal(0x95, await client.Closed);
        await Wait.UntilAsync("the dead letter", async () => (await hub.ListAsync("/api/v1/deadletters?reason=too_large")).Any(l => l.GetProperty("topic").GetString() is null or ""), TimeSpan.FromSeconds(20));
        Assert.Equal(before + 1, await hub.MetricAsync(Refused.Label("too_large")));
    }

    [Fact]
    public async Task A_device_counts_what_of_it_was_refused_from_its_first_message_on()
    {
        async Task<int> RefusedAsync() => (await hub.GetAsync("/api/v1/devices/tally%2Fdev")).GetProperty("refusals") is var words && words.TryGetProperty("bad_unit", out var count) ? count.GetInt32() : 0;
        await hub.TelemetryAsync("tally/dev", $$"""[{{Refused.Good}},{"n":"t","u":"furlong","v":2}]""");
        var first = await RefusedAsync();
        await hub.TelemetryAsync("tally/dev", $$"""[{{Refused.Good}},{"n":"t","u":"furlong","v":2}]""");
        Assert.Equal((1, 2), (first, await RefusedAsync()));
    }

    [Fact]
    public async Task What_is_accepted_is_counted()
    {
        var (messages, readings) = (await hub.MetricAsync(Refused.Label("accepted")), await hub.MetricAsync("cityedge_ingest_readings_total"));
        await hub.TelemetryAsync("counted/dev", $$"""[{{Refused.Good}},{"n":"b","u":"Cel","v":2}]""");
        Assert.Equal((messages + 1, readings + 2), (await hub.MetricAsync(Refused.Label("accepted")), await hub.MetricAsync("cityedge_ingest_readings_total")));
    }

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal)) gzip.Write(content);
        return packed.ToArray();
    }
}
