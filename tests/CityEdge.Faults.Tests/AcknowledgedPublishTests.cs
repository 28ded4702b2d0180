using System.Collections.Concurrent;
using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Faults.Tests;

/// <summary>A PUBACK is a promise that kill -9 of the hub does not break (design §2, promise 1).</summary>
public sealed class AcknowledgedPublishTests(ITestOutputHelper output) : IDisposable
{
    private const long Start = 1_577_836_800_000; // 2020-01-01
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Every_message_with_a_PUBACK_is_stored_however_often_the_hub_was_killed()
    {
        var kills = Checkout.Long ? 30 : 6;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var hub = new MortalHub(folder["hub"]);
        await hub.StartAsync();
        var acknowledged = new ConcurrentDictionary<long, byte>();
        long sent = 0;
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken))
        {
            await using var client = new MqttClient(new MqttClientOptions { Url = $"mqtt://{hub.Mqtt}", ClientId = "counter", MaxInflight = 250, InitialBackoff = TimeSpan.FromMilliseconds(50), MaxBackoff = TimeSpan.FromMilliseconds(500) });
            await client.StartAsync(stop.Token);
            var publishing = PublishAsync(client, acknowledged, () => Interlocked.Increment(ref sent) - 1, stop.Token);
            for (var kill = 0; kill < kills; kill++)
            {
                var before = acknowledged.Count;
                await Wait.UntilAsync($"messages acknowledged before kill {kill}", () => Task.FromResult(acknowledged.Count > before || publishing.IsFaulted), TimeSpan.FromSeconds(60));
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(600)), TimeProvider.System, stop.Token);
                await hub.KillAsync();
                if (random.Next(3) == 0) await hub.DieWhileStartingAsync(TimeSpan.FromMilliseconds(random.Next(1500)));
                await hub.StartAsync();
            }
            await stop.CancelAsync();
            await publishing;
        }
        await hub.Now.DrainAsync(TimeSpan.FromMinutes(1));
        var stored = (await Evidence.ReadingsAsync(hub.Now, "site-a/counter/count")).ToDictionary(r => r.TimeMs, r => r.Value);
        output.WriteLine($"{sent} sent, {acknowledged.Count} acknowledged, {stored.Count} stored");
        Assert.True(acknowledged.Count > 100 * kills, $"Only {acknowledged.Count} messages were acknowledged.");
        var missing = acknowledged.Keys.Where(n => !stored.TryGetValue(Start + n * 1000, out var value) || value != n).Order().Take(20).ToList();
        Assert.True(missing.Count == 0, $"Acknowledged and lost (seed {seed}): {string.Join(", ", missing)}");
        Assert.All(stored, pair => Assert.InRange((pair.Key - Start) / 1000, 0, sent - 1));
        await hub.StopAsync();
        await hub.AssertJournalIsSoundAsync();
    }

    /// <summary>Always 300 messages under way, so that whenever the hub dies some are appended and not yet flushed.</summary>
    private static async Task PublishAsync(MqttClient client, ConcurrentDictionary<long, byte> acknowledged, Func<long> next, CancellationToken ct)
    {
        const int Window = 300;
        using var room = new SemaphoreSlim(Window);
        try
        {
            while (true)
            {
                await room.WaitAsync(ct);
                _ = OneAsync(next());
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The last ones are answered by the hub that lives.
            for (var i = 0; i < Window; i++) Assert.True(await room.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), "Messages are still not answered 60 s after the last kill.");
        }

        async Task OneAsync(long number)
        {
            var result = await client.PublishAsync(new MqttMessage("cityedge/v1/site-a/counter/telemetry", Encoding.UTF8.GetBytes($"[{Evidence.Senml("count", Start + number * 1000, number)}]")), CancellationToken.None);
            if (result.IsSuccess) acknowledged[number] = 0;
            room.Release();
        }
    }

    public void Dispose() => folder.Dispose();
}
