using System.Collections.Concurrent;
using CityEdge.Adapters;
using CityEdge.Contracts;
using CityEdge.Edge;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Faults.Tests;

/// <summary>Power loss at any instant loses no reading that the agent had acknowledged to its adapter: it is in the spool, or the hub has acknowledged it (design §2, promise 1).</summary>
public sealed class SpoolPowerCutTests(ITestOutputHelper output)
{
    private const int LivesOfADevice = 10;

    [Fact]
    public async Task No_acknowledged_reading_is_lost_by_power_cuts()
    {
        var devices = Checkout.Long ? 100 : 10;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var runs = new List<DeviceLife>();
        for (var device = 0; device < devices; device++)
        {
            runs.Add(new DeviceLife(new PowerCutFiles(), seed + device));
            await runs[^1].RunAsync(LivesOfADevice);
        }
        output.WriteLine($"{runs.Sum(r => r.Cuts)} cuts, {runs.Sum(r => r.Offered)} readings offered, {runs.Sum(r => r.Acknowledged)} acknowledged, {runs.Sum(r => r.Delivered)} delivered");
        Assert.Equal(devices * LivesOfADevice, runs.Sum(r => r.Cuts));
        Assert.True(runs.Sum(r => r.Acknowledged) > devices * LivesOfADevice * 10, "Too few readings were acknowledged for the test to mean anything.");
        Assert.True(runs.Sum(r => r.Offered) > runs.Sum(r => r.Acknowledged), "Every reading was acknowledged: the power was never cut under way.");
    }

    [Fact]
    public async Task The_same_check_finds_the_loss_when_flushes_do_nothing()
    {
        var device = new DeviceLife(new PowerCutFiles { IgnoreFlushes = true }, 7);
        var found = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => device.RunAsync(LivesOfADevice));
        Assert.Contains("acknowledged to the adapter and lost", found.Message, StringComparison.Ordinal);
    }

    /// <summary>One agent on one disk over many power cuts; its hub is mostly away.</summary>
    private sealed class DeviceLife(PowerCutFiles disk, int seed)
    {
        private readonly Random random = new(seed);
        private readonly ConcurrentDictionary<long, byte> acknowledged = [];
        private readonly ConcurrentDictionary<long, byte> delivered = [];
        private long offered;

        public long Offered => Interlocked.Read(ref offered);

        public int Acknowledged => acknowledged.Count;

        public int Delivered => delivered.Count;

        public int Cuts => disk.Cuts;

        public async Task RunAsync(int lives)
        {
            for (var life = 0; life < lives; life++)
            {
                disk.CutAfter(random.Next(5) == 0 ? random.Next(1, 10) : random.Next(10, 60), new Random(random.Next()));
                var link = new FaultyLink(delivered, random.Next(3) switch { 0 => 1, 1 => 0.5, _ => 0 }, new Random(random.Next()));
                var agent = Agent(link, new EndlessSensor(Sense, random.Next()));
                await Assert.ThrowsAnyAsync<IOException>(() => agent.RunAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            }
            // The hub comes back for good: what was not delivered yet must be in the spool.
            var last = Agent(new FaultyLink(delivered, 1, random));
            Assert.True(await last.RunAsync(TestContext.Current.CancellationToken, once: true).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            var lost = acknowledged.Keys.Where(n => !delivered.ContainsKey(n)).Order().Take(20).ToList();
            Assert.True(lost.Count == 0, $"seed {seed}: readings acknowledged to the adapter and lost: {string.Join(", ", lost)}");
            Assert.All(delivered.Keys, n => Assert.InRange(n, 0, Offered - 1));
        }

        private EdgeAgent Agent(FaultyLink link, params IAdapter[] adapters) => new(
            new AgentConfig { Site = "site", Device = "device", Hub = new HubLinkConfig { Url = "mqtt://127.0.0.1:1" }, Spool = new SpoolConfig { Directory = "/power/spool", MaxBytes = 64 << 20, WhenFull = WhenFull.Refuse } },
            adapters, TimeProvider.System, NullLoggerFactory.Instance, new AgentSeams { Files = disk.Boot(), Link = _ => link });

        private async Task Sense(IReadingSink sink, Random own, CancellationToken ct)
        {
            while (true)
            {
                var batch = new Reading[own.Next(1, 50)];
                for (var i = 0; i < batch.Length; i++)
                {
                    var number = Interlocked.Increment(ref offered) - 1;
                    batch[i] = new Reading(new PointId("site", "device", "count"), FaultyLink.Epoch + number * 1000, ReadingValue.FromNumber(number), null);
                }
                await sink.WriteAsync(batch, ct);
                foreach (var reading in batch) acknowledged[(reading.TimeMs - FaultyLink.Epoch) / 1000] = 0;
            }
        }
    }

    private sealed class EndlessSensor(Func<IReadingSink, Random, CancellationToken, Task> sense, int seed) : IAdapter
    {
        public string Id => "sensor";

        public string Type => "test";

        public IReadOnlyList<PointDeclaration> Points { get; } = [new() { Name = "count", Normalisation = new PointConfig { Kind = PointKind.Value } }];

        public AdapterHealth Health { get; } = new("sensor");

        public Task RunAsync(IReadingSink sink, CancellationToken cancellation) => Task.WhenAll(sense(sink, new Random(seed), cancellation), sense(sink, new Random(seed + 1), cancellation));

        public Task<IReadOnlyList<Reading>> ReadOnceAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<Reading>>([]);
    }
}
