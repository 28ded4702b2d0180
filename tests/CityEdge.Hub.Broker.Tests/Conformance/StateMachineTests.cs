using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using CityEdge.Mqtt;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>
/// Several clients at once, each with random valid, half-valid and mutated packets and random ends, against the whole broker, while its flushes hang and its clocks move. A run is
/// drawn from a seed; CITYEDGE_SEED repeats one, CITYEDGE_LONG=1 runs for a minute. A run that fails is run again with fewer steps and clients, and the shortest is reported.
/// </summary>
public sealed class StateMachineTests(ITestOutputHelper output)
{
    private const int Clients = 4;
    private const int Steps = 120;

    [Fact]
    public async Task No_sequence_of_packets_breaks_a_promise_or_hurts_another_client()
    {
        var fixedSeed = Environment.GetEnvironmentVariable("CITYEDGE_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : (int?)null;
        var seed = fixedSeed ?? Environment.TickCount;
        output.WriteLine($"first seed {seed}");
        var began = TimeProvider.System.GetTimestamp();
        var time = Checkout.Long ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(2);
        var runs = 0;
        do
        {
            if (await RunAsync(seed, Clients, Steps) is { } fault) Assert.Fail(await ShrinkAsync(seed, fault));
            runs++;
            seed++;
        }
        while (fixedSeed is null && TimeProvider.System.GetElapsedTime(began) < time);
        output.WriteLine($"{runs} runs of {Clients} clients and {Steps} steps each");
    }

    [Fact]
    public async Task A_journal_that_fails_ends_the_connections_that_need_it()
    {
        var files = new GatedFiles();
        await using var fixture = new BrokerFixture { Files = files };
        await fixture.StartAsync();
        var writer = await fixture.ConnectAsync("writer", MqttVersion.V311);
        await writer.PublishAsync("t", "kept", QoS.AtLeastOnce, 1);
        await writer.ReceiveAckAsync(PacketType.PubAck, 1);
        files.Broken = true;
        await writer.PublishAsync("t", "lost", QoS.AtLeastOnce, 2);
        await fixture.Journal.Failed.WaitAsync(TimeSpan.FromSeconds(10), BrokerFixture.Ct);
        await writer.PublishAsync("t", "lost", QoS.AtLeastOnce, 3);
        Assert.Null(await writer.ReceiveAsync());
    }

    /// <summary>The shortest run found that fails too.</summary>
    private static async Task<string> ShrinkAsync(int seed, string fault)
    {
        var (clients, steps) = (Clients, Steps);
        foreach (var (fewer, shorter) in new[] { (4, 60), (4, 30), (3, 120), (3, 60), (2, 120), (2, 60), (2, 30), (1, 120), (1, 60), (1, 30), (1, 15) })
        {
            if (fewer * shorter >= clients * steps) continue;
            // What depends on timing may need a second try.
            for (var attempt = 0; attempt < 3; attempt++)
            {
                if (await RunAsync(seed, fewer, shorter) is not { } again) continue;
                (clients, steps, fault) = (fewer, shorter, again);
                break;
            }
        }
        return $"seed {seed} (CITYEDGE_SEED={seed} repeats it), {clients} clients, {steps} steps: {fault}";
    }

    private static async Task<string?> RunAsync(int seed, int clients, int steps)
    {
        var files = new GatedFiles();
        var log = new Errors();
        await using var fixture = new BrokerFixture
        {
            Files = files, Logger = log,
            Options = new BrokerOptions { ReceiveMaximum = 5000, MaxReadyMessages = 16, MaxInFlight = 8, AuthenticationFailureDelay = TimeSpan.Zero, SessionExpiryMax = TimeSpan.FromHours(1), MaxPacketBytes = 4096, MaxQueuedBytesPerSession = 1 << 20, MaxRetainedBytes = 64 * 1024 },
        };
        await fixture.StartAsync();
        var index = new DurableIndex(fixture.Journal);
        // Every third run goes over real sockets.
        var port = seed % 3 == 0 ? await fixture.ListenAsync() : 0;
        var polluted = new StrongBox<bool>();
        var all = Enumerable.Range(0, clients).Select(n => new FuzzClient(fixture, index, n, seed, port, polluted)).ToList();
        string? fault = null;
        try
        {
            using (var ending = new CancellationTokenSource())
            {
                var chaos = ChaosAsync(fixture, files, new Random(seed), ending.Token);
                await Task.WhenAll(all.Select(c => Task.Run(() => c.RunAsync(steps))));
                await ending.CancelAsync();
                await chaos;
            }
            await Task.WhenAll(all.Select(c => c.SettleAsync()));
            fault = all.Select(c => c.Fault).FirstOrDefault(f => f is not null);
            // Whatever they did: another client is served.
            if (fault is null) await WitnessAsync(fixture);
        }
        catch (Exception failure) when (failure is Xunit.Sdk.XunitException or OperationCanceledException or TimeoutException or ConformanceException)
        {
            fault = failure.Message;
        }
        files.LetFlushesGo();
        foreach (var client in all) await client.LeaveAsync();
        foreach (var client in all) client.CheckJournal();
        fault ??= all.Select(c => c.Fault).FirstOrDefault(f => f is not null) ?? log.First;
        return fault ?? await LeaksAsync(fixture);
    }

    private static async Task ChaosAsync(BrokerFixture fixture, GatedFiles files, Random random, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            if (random.Next(3) == 0)
            {
                files.HoldFlushes();
                await PauseAsync(random.Next(1, 12));
                files.LetFlushesGo();
            }
            var time = TimeSpan.FromMilliseconds(random.Next(1500));
            fixture.Arrival.Advance(time);
            fixture.Protocol.Advance(time);
            await PauseAsync(random.Next(1, 5));
        }

        Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, CancellationToken.None);
    }

    private static async Task WitnessAsync(BrokerFixture fixture)
    {
        var witness = await fixture.ConnectAsync("witness");
        Assert.True(witness.ConnAck is { Code: ReasonCode.Success }, "a new client is not accepted");
        await witness.SubscribeAsync("witness", QoS.ExactlyOnce);
        await witness.PublishAsync("witness", "seen", QoS.AtLeastOnce, 1);
        var seen = new[] { await witness.ReceiveAsync(), await witness.ReceiveAsync() };
        Assert.True(seen.OfType<AckPacket>().Any() && seen.OfType<PublishPacket>().Any(), "a new client is not served");
        await witness.DisconnectAsync();
        Assert.Null(await witness.ReceiveAsync());
    }

    /// <summary>Nothing is left when all have gone and their sessions have expired; the stores keep to their bounds.</summary>
    private static async Task<string?> LeaksAsync(BrokerFixture fixture)
    {
        var broker = fixture.Broker;
        await BrokerFixture.UntilAsync(() => broker.Stats.Connections == 0, $"no connection is left; {broker.Stats.Connections} are");
        await BrokerFixture.UntilAsync(
            () =>
            {
                fixture.Arrival.Advance(TimeSpan.FromMinutes(10));
                fixture.Protocol.Advance(TimeSpan.FromMinutes(10));
                return broker.Stats is { Sessions: 0, Subscriptions: 0 };
            },
            $"no session and no subscription is left: {string.Join(", ", broker.Sessions.Select(s => s.ClientId))}");
        if (broker.Stats.RetainedBytes > fixture.Options.MaxRetainedBytes) return "more is retained than may be";
        if (broker.Stats.Stalled != 0) return "a connection counts as stalled that is gone";
        return broker.Failed.IsCompleted ? "the router stopped" : null;
    }

    /// <summary>Errors and worse are faults of the broker: no client may cause one.</summary>
    private sealed class Errors : ILogger<MqttBroker>
    {
        private readonly ConcurrentQueue<string> _errors = new();

        public string? First => _errors.TryPeek(out var error) ? error : null;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error) _errors.Enqueue($"the broker logged: {formatter(state, exception)} {exception}");
        }
    }
}
