using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Faults.Tests;

/// <summary>A device that publishes readings 0, 1, 2, … at QoS 1, one a second of event time, as fast as they are acknowledged, and remembers which were.</summary>
internal sealed class NumberedPublisher : IAsyncDisposable
{
    public const string Site = "site-a", Device = "counter", Point = "count";
    private const long Start = 1_577_836_800_000; // 2020-01-01
    private readonly MqttClient client;
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<long, byte> acknowledged = new();
    private readonly ConcurrentQueue<string> refused = new();
    private readonly SemaphoreSlim room;
    private readonly int window;
    private readonly int bytes;
    private Task running = Task.CompletedTask;
    private long sent;

    /// <param name="mqtt"><c>HOST:PORT</c>.</param>
    /// <param name="bytes">Size of each payload: a reading, then blanks.</param>
    /// <param name="window">Messages under way.</param>
    public NumberedPublisher(string mqtt, int bytes = 0, int window = 50)
    {
        (this.bytes, this.window) = (bytes, window);
        room = new SemaphoreSlim(window);
        client = new MqttClient(new MqttClientOptions { Url = $"mqtt://{mqtt}", ClientId = Device, MaxInflight = window, InitialBackoff = TimeSpan.FromMilliseconds(50), MaxBackoff = TimeSpan.FromMilliseconds(500) });
    }

    public int Acknowledged => acknowledged.Count;

    public long Sent => Interlocked.Read(ref sent);

    /// <summary>What the hub said instead of an acknowledgement.</summary>
    public IReadOnlyCollection<string> Refused => refused;

    public async Task StartAsync()
    {
        await client.StartAsync(TestContext.Current.CancellationToken);
        running = RunAsync();
    }

    /// <summary>Sends no more, and waits until all that was sent is answered.</summary>
    public async Task FinishAsync(TimeSpan patience)
    {
        await stop.CancelAsync();
        await running;
        for (var i = 0; i < window; i++) Assert.True(await room.WaitAsync(patience, TestContext.Current.CancellationToken), $"{Sent - Acknowledged - refused.Count} messages are still not answered.");
    }

    /// <summary>Every acknowledged reading is in InfluxDB with its value, none twice, none that was never sent.</summary>
    public async Task AssertStoredAsync(InfluxServer influx)
    {
        var rows = await influx.QueryAsync($"select value from raw.temperature where device = '{Device}' and point = '{Point}'");
        var stored = rows.ToDictionary(r => (r.TimeMs - Start) / 1000, r => r.Value);
        var missing = acknowledged.Keys.Where(n => !stored.TryGetValue(n, out var value) || value != n).Order().Take(20).ToList();
        Assert.True(missing.Count == 0, $"Of {Acknowledged} acknowledged readings these are not stored: {string.Join(", ", missing)} ({rows.Count} are).");
        Assert.Equal(rows.Count, stored.Count);
        Assert.All(stored.Keys, n => Assert.InRange(n, 0, Sent - 1));
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                await room.WaitAsync(stop.Token);
                _ = OneAsync(Interlocked.Increment(ref sent) - 1);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // As wanted.
        }
    }

    private async Task OneAsync(long number)
    {
        var text = $"[{Evidence.Senml(Point, Start + (number * 1000), number)}]";
        var result = await client.PublishAsync(new MqttMessage($"cityedge/v1/{Site}/{Device}/telemetry", Encoding.UTF8.GetBytes(text.PadRight(bytes))), CancellationToken.None);
        if (result.IsSuccess) acknowledged[number] = 0;
        else refused.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{number}: {result}"));
        room.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await client.DisposeAsync();
        await running;
        room.Dispose();
        stop.Dispose();
    }
}
