using System.Text;
using CityEdge.Contracts;
using CityEdge.Mqtt;

namespace CityEdge.Edge.Tests;

/// <summary>A link whose other end is the test: it sees each publish and decides when and how it is answered.</summary>
internal sealed class FakeLink : IMqttLink
{
    private readonly Lock gate = new();
    private readonly List<Sent> sent = [];
    private readonly SemaphoreSlim arrived = new(0);

    public sealed record Sent(MqttMessage Message, TaskCompletionSource<PublishResult> Answer)
    {
        public string Text => Encoding.UTF8.GetString(Message.Payload.Span);

        public void Acknowledge(ReasonCode code = ReasonCode.Success) => Answer.TrySetResult(new PublishResult(code));
    }

    public MqttClientOptions? Options { get; private set; }

    /// <summary>Answers every publish at once.</summary>
    public bool AutoAcknowledge { get; set; }

    public List<string> Filters { get; } = [];

    public MqttLinkState State { get; private set; } = MqttLinkState.Connected;

    public bool Disconnects { get; private set; }

    public MqttLinkStatistics Statistics => default;

    public event Action<MqttConnected>? Connected;

    public event Action<MqttDisconnected>? Disconnected;

    public event Action<string, ReasonCode>? SubscriptionRefused;

    public event Action<Exception>? HandlerFailed;

    public FakeLink With(MqttClientOptions options)
    {
        Options = options;
        return this;
    }

    public IReadOnlyList<Sent> All
    {
        get
        {
            lock (gate) return [.. sent];
        }
    }

    public IReadOnlyList<Sent> Telemetry => [.. All.Where(s => s.Message.Topic.EndsWith("/telemetry", StringComparison.Ordinal))];

    /// <summary>Waits until a condition on what was sent holds.</summary>
    public async Task<IReadOnlyList<Sent>> WaitAsync(Func<FakeLink, bool> condition, string what)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(15));
        while (!condition(this))
        {
            try
            {
                await arrived.WaitAsync(TimeSpan.FromMilliseconds(20), limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Waited 15 s for: {what}. Sent so far: {All.Count}");
            }
        }
        return All;
    }

    public void RaiseConnected()
    {
        State = MqttLinkState.Connected;
        Connected?.Invoke(new MqttConnected(false, "fake", null));
    }

    public void Lose()
    {
        State = MqttLinkState.Waiting;
        Disconnected?.Invoke(new MqttDisconnected(null, "lost", false, TimeSpan.FromSeconds(1)));
    }

    public Task StartAsync(CancellationToken cancellation = default)
    {
        RaiseConnected();
        return Task.CompletedTask;
    }

    public Task WaitConnectedAsync(CancellationToken cancellation = default) => Task.CompletedTask;

    public Task<PublishResult> PublishAsync(MqttMessage message, CancellationToken cancellation = default)
    {
        var one = new Sent(message, new TaskCompletionSource<PublishResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (gate) sent.Add(one);
        if (AutoAcknowledge) one.Acknowledge();
        arrived.Release();
        return one.Answer.Task;
    }

    public Task<IReadOnlyList<ReasonCode>> SubscribeAsync(IReadOnlyList<Subscription> subscriptions, CancellationToken cancellation = default)
    {
        lock (gate) Filters.AddRange(subscriptions.Select(s => s.Filter));
        return Task.FromResult<IReadOnlyList<ReasonCode>>([.. subscriptions.Select(_ => ReasonCode.GrantedQoS1)]);
    }

    public Task<IReadOnlyList<ReasonCode>> UnsubscribeAsync(IReadOnlyList<string> filters, CancellationToken cancellation = default) =>
        Task.FromResult<IReadOnlyList<ReasonCode>>([]);

    public Task DisconnectAsync(bool publishWill = false, CancellationToken cancellation = default)
    {
        Disconnects = true;
        State = MqttLinkState.Stopped;
        SubscriptionRefused?.Invoke("", ReasonCode.Success);
        HandlerFailed?.Invoke(new InvalidOperationException("stopped"));
        return Task.CompletedTask;
    }

    /// <summary>Readings of a telemetry message.</summary>
    public static IReadOnlyList<SenmlRecord> Decode(Sent one)
    {
        var pack = SenmlJson.Decode(one.Message.Payload.Span, "site/device/", 0);
        Assert.Null(pack.Refusal);
        Assert.Empty(pack.Errors);
        return pack.Records;
    }
}
