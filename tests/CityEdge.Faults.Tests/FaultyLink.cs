using System.Collections.Concurrent;
using CityEdge.Contracts;
using CityEdge.Mqtt;

namespace CityEdge.Faults.Tests;

/// <summary>The agent's link to a hub that takes only a share of the messages and never answers for the others; it remembers the readings it has answered for.</summary>
internal sealed class FaultyLink(ConcurrentDictionary<long, byte> delivered, double share, Random random) : IMqttLink
{
    /// <summary>Reading n has the time of n seconds after this.</summary>
    public const long Epoch = 1_577_836_800_000;

    private readonly Lock gate = new();

    public event Action<MqttConnected>? Connected;

    public event Action<MqttDisconnected>? Disconnected;

    public event Action<string, ReasonCode>? SubscriptionRefused;

    public event Action<Exception>? HandlerFailed;

    public MqttLinkState State { get; private set; }

    public MqttLinkStatistics Statistics => default;

    public Task StartAsync(CancellationToken cancellation = default)
    {
        State = MqttLinkState.Connected;
        Connected?.Invoke(new MqttConnected(false, "faulty", null));
        return Task.CompletedTask;
    }

    public Task WaitConnectedAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    public async Task<PublishResult> PublishAsync(MqttMessage message, CancellationToken cancellation = default)
    {
        await Task.Yield();
        bool taken;
        lock (gate) taken = random.NextDouble() < share;
        if (message.Topic.EndsWith("/telemetry", StringComparison.Ordinal))
        {
            if (!taken) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            var pack = SenmlJson.Decode(message.Payload.Span, "site/device/", 0);
            Assert.Null(pack.Refusal);
            Assert.Empty(pack.Errors);
            foreach (var record in pack.Records) delivered[(record.TimeMs - Epoch) / 1000] = 0;
        }
        return new PublishResult(ReasonCode.Success);
    }

    public Task<IReadOnlyList<ReasonCode>> SubscribeAsync(IReadOnlyList<Subscription> subscriptions, CancellationToken cancellation = default) =>
        Task.FromResult<IReadOnlyList<ReasonCode>>([.. subscriptions.Select(_ => ReasonCode.GrantedQoS1)]);

    public Task<IReadOnlyList<ReasonCode>> UnsubscribeAsync(IReadOnlyList<string> filters, CancellationToken cancellation = default) => Task.FromResult<IReadOnlyList<ReasonCode>>([]);

    public Task DisconnectAsync(bool publishWill = false, CancellationToken cancellation = default)
    {
        State = MqttLinkState.Stopped;
        Disconnected?.Invoke(new MqttDisconnected(null, "stopped", false, null));
        SubscriptionRefused?.Invoke("", ReasonCode.Success);
        HandlerFailed?.Invoke(new InvalidOperationException("stopped"));
        return Task.CompletedTask;
    }
}
