using CityEdge.Adapters;
using CityEdge.SegmentLog;

namespace CityEdge.Edge.Tests;

public sealed class AgentConfigFileTests : IDisposable
{
    private readonly AgentFixture fixture = new();

    private const string Good = """
        site: bj-chaoyang-01
        device: kiosk-0007
        hub: { url: "mqtts://hub.example:8883", password_file: token, ca_file: ca.pem }
        spool: { dir: spool, max_bytes: 256MiB, when_full: refuse }
        adapters:
          - { id: boiler, type: replay, file: machine.csv, time: timestamp, zone: UTC, start: recorded, speed: 3600,
              points: [ { name: boiler.temperature, column: value, kind: temperature, unit: Cel } ] }
        """;

    public AgentConfigFileTests()
    {
        File.WriteAllText(At("token"), "s3cret\n");
        File.WriteAllText(At("ca.pem"), "x");
        File.WriteAllText(At("machine.csv"), "timestamp,value\n2026-01-01 00:00:00,1\n");
    }

    public void Dispose() => fixture.Dispose();

    private string At(string name) => Path.Combine(fixture.Path, name);

    private LoadedAgent Parse(string text, ConfigOverrides? overrides = null) => AgentConfigFile.Parse(text, At("edge.yaml"), AdapterRegistry.CreateDefault(), TimeProvider.System, overrides);

    [Fact]
    public void The_documented_file_is_read_with_paths_relative_to_it()
    {
        var loaded = Parse(Good);
        Assert.Empty(loaded.Errors);
        var config = loaded.Config!;
        Assert.Equal("bj-chaoyang-01/kiosk-0007", config.Identity);
        Assert.Equal(("s3cret", At("ca.pem")), (config.Hub.Password, config.Hub.CaFile));
        Assert.Equal((At("spool"), 256L << 20, WhenFull.Refuse), (config.Spool.Directory, config.Spool.MaxBytes, config.Spool.WhenFull));
        Assert.Equal("boiler", Assert.Single(loaded.Adapters).Id);
        Assert.Equal(("mqtt://x:1", "/tmp/s"), (Parse(Good, new ConfigOverrides("mqtt://x:1", "/tmp/s")).Config!.Hub.Url, Parse(Good, new ConfigOverrides(null, "/tmp/s")).Config!.Spool.Directory));
    }

    [Fact]
    public void A_small_file_is_enough_without_authentication()
    {
        var config = Parse("site: s\ndevice: d\nhub: { url: \"mqtt://127.0.0.1:1883\" }\nspool: { dir: x }\n").Config!;
        Assert.Null(config.Hub.Password);
        Assert.Equal((WhenFull.DropOldest, 256L << 20), (config.Spool.WhenFull, config.Spool.MaxBytes));
    }

    [Theory]
    [InlineData("device: kiosk-0007", "devise: kiosk-0007", "edge.yaml:2:1: devise: unknown key 'devise'")]
    [InlineData("device: kiosk-0007", "device: tickets", "edge.yaml:2:9: device: 'tickets'")]
    [InlineData("bj-chaoyang-01", "\"a b\"", "edge.yaml:1:7: site: 'a b'")]
    [InlineData("mqtts://hub", "http://hub", "edge.yaml:3:13: hub.url: 'http://hub.example:8883' is not a hub address")]
    [InlineData("password_file", "pasword_file", "edge.yaml:3:41: hub.pasword_file: unknown key")]
    [InlineData("password_file: token", "password_file: nowhere", "edge.yaml:3:56: hub.password_file: there is no file")]
    [InlineData("256MiB", "lots", "edge.yaml:4:33: spool.max_bytes: 'lots' is not a size")]
    [InlineData("256MiB", "1MiB", "edge.yaml:4:33: spool.max_bytes: '1MiB' is less than 8MiB")]
    [InlineData("refuse", "panic", "edge.yaml:4:52: spool.when_full: 'panic' is not one of drop-oldest, refuse")]
    [InlineData("type: replay", "type: reply", "edge.yaml:6:25: type: unknown adapter type 'reply'")]
    [InlineData("spool: {", "spool: 5 #", "edge.yaml:4:8: spool: 'spool' is not a mapping")]
    [InlineData("hub: {", "hub: [", "edge.yaml:")]
    public void A_mistake_is_told_with_file_line_column_and_key(string right, string wrong, string told)
    {
        var loaded = Parse(Good.Replace(right, wrong, StringComparison.Ordinal));
        Assert.Null(loaded.Config);
        Assert.Contains(loaded.Errors, e => e.ToString().StartsWith(At(told), StringComparison.Ordinal));
    }

    [Fact]
    public void Two_adapters_of_one_id_are_refused()
    {
        var entry = Good[Good.IndexOf("  - {", StringComparison.Ordinal)..];
        Assert.Contains("already taken", Assert.Single(Parse(Good + "\n" + entry).Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_answered_with_errors_and_never_throws()
    {
        var random = new Random(11);
        for (var i = 0; i < 300; i++)
        {
            var text = Good.ToCharArray();
            for (var hits = random.Next(1, 6); hits > 0; hits--) text[random.Next(text.Length)] = (char)random.Next(1, 127);
            var loaded = Parse(new string(text));
            Assert.True(loaded.Config is not null || loaded.Errors.Count > 0);
        }
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("65536", 65536)]
    [InlineData("64KiB", 65536)]
    [InlineData("1.5 GiB", 1610612736)]
    [InlineData("2MB", 2000000)]
    [InlineData("7B", 7)]
    public void Sizes_are_read_as_people_write_them(string text, long bytes)
    {
        Assert.True(ByteSizes.TryParse(text, out var parsed));
        Assert.Equal(bytes, parsed);
        Assert.False(ByteSizes.TryParse("-" + text, out _));
        Assert.False(ByteSizes.TryParse(text + "x", out _));
    }
}
