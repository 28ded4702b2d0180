using CityEdge.Contracts;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Edge.Tests;

/// <summary>The rules of an agent over a spool on a disk whose power can be cut, with a clock that the test moves and a link that the test cuts.</summary>
internal sealed class LocalRulesBench : IAsyncDisposable
{
    private readonly AgentConfig config = new() { Site = "site", Device = "device", Hub = new HubLinkConfig { Url = "mqtt://127.0.0.1:1" }, Spool = new SpoolConfig { Directory = "/power/spool" } };
    private CancellationTokenSource life = new();
    private Task running = Task.CompletedTask;

    public LocalRulesBench()
    {
        (Spool, Rules, Folder) = (null!, null!, null!);
        Boot();
    }

    public PowerCutFiles Disk { get; } = new();

    public ManualTimeProvider Clock { get; } = new();

    public FakeLink Link { get; } = new() { AutoAcknowledge = true };

    public Spool Spool { get; private set; }

    public LocalRules Rules { get; private set; }

    public RuleFolder Folder { get; private set; }

    public long Now => Clock.GetUtcNow().ToUnixTimeMilliseconds();

    public static string Rule(string id, string lines) => $"id: {id}\ntitle: {{ zh: 题, en: Title }}\nsignal: temperature\nat: edge\n{lines}\n";

    public static DeviceConfig Config(params ConfigRule[] rules) => new()
    {
        Version = string.Join(' ', rules.Select(r => $"{r.Id}-{r.Version}").Append("of the test")),
        Zone = "Asia/Shanghai",
        Rules = rules,
        Points = rules.Length == 0 ? [] : [new ConfigPoint { Name = "boiler.temperature", Kind = "temperature", Unit = "Cel" }],
    };

    public async Task OfferAsync(DeviceConfig config)
    {
        Rules.Offer(DeviceConfigJson.Encode(config));
        await SettleAsync();
    }

    public Task OfferAsync(string lines) => OfferAsync(Config(new ConfigRule("cold", 1, Rule("cold", lines))));

    public async Task ReadAsync(double value)
    {
        await Spool.WriteAsync([new Reading(new PointId("site", "device", "boiler.temperature"), Now, ReadingValue.FromNumber(value), "Cel")], TestContext.Current.CancellationToken);
        await SettleAsync();
    }

    public async Task PassAsync(double minutes)
    {
        Clock.Advance(TimeSpan.FromMinutes(minutes));
        await SettleAsync();
    }

    /// <summary>Everything given so far has been heard, and what came of it is on disk.</summary>
    public Task SettleAsync() => Rules.LookedAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    /// <summary>What the agent has told the hub, in its order, from the spool.</summary>
    public IReadOnlyList<EdgeAlarm> Told()
    {
        var records = new List<LogRecord>();
        Spool.Log.Read(Spool.Log.Start, records, 100_000, 64 << 20);
        return [.. records.Where(r => r.Kind == SpoolRecord.Events).SelectMany(r => CloudEventJson.Decode(SpoolRecord.Join([r])).Events).Select(e => EdgeAlarm.Read("site", "device", e, out _)!)];
    }

    public IEnumerable<string> Story() => Told().Select(a => $"{a.Change} {a.Severity} at {(a.AtMs - AgentFixture.Now) / 60_000d}m, raised at {(a.RaisedAtMs - AgentFixture.Now) / 60_000d}m, link {(a.LinkUp ? "up" : "down")}");

    public async Task CutAsync(Random random)
    {
        Disk.Cut(random);
        await EndAsync();
        Boot();
    }

    public async Task RestartAsync()
    {
        await EndAsync();
        Boot();
    }

    private void Boot()
    {
        var files = Disk.Boot();
        Spool = new Spool(config, Clock, NullLogger.Instance, files);
        Folder = new RuleFolder(config.Spool.Directory, files);
        Rules = new LocalRules(config, Spool, Link, Folder, Clock, Clock, NullLogger.Instance);
        life = new CancellationTokenSource();
        running = Rules.RunAsync(life.Token);
        Rules.OnConnected();
    }

    private async Task EndAsync()
    {
        await life.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await Spool.DisposeAsync();
        }
        catch (IOException)
        {
            // Its disk has lost power.
        }
        life.Dispose();
    }

    public async ValueTask DisposeAsync() => await EndAsync();
}
