using System.Threading.Channels;

namespace CityEdge.Mqtt;

/// <summary>
/// MQTT client of the edge agents: connects in the background, reconnects until disposed, keeps un-acknowledged messages and subscriptions over connections. Pipelines: any number
/// of publishes may be under way, the window bounds what is on the wire, and the caller bounds how many it starts. State is in memory; what must outlive the process is the
/// caller's to keep until <see cref="PublishAsync"/> completes.
/// </summary>
public sealed partial class MqttClient : IMqttLink, IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    private readonly MqttClientOptions options;
    private readonly MqttEndpoint endpoint;
    private readonly Lock gate = new();
    private readonly PacketIds ids = new();
    private readonly OutboundFlow outbound;
    private readonly InboundFlow inbound;
    private readonly SubscriptionBook subscriptions;
    private readonly CancellationTokenSource stopping = new();
    private readonly Channel<Action> events =
        Channel.CreateBounded<Action>(new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MqttWire? current;
    private Task? running;
    private Task dispatching = Task.CompletedTask;
    private Task raising = Task.CompletedTask;
    private volatile MqttLinkState state;
    private string clientId;
    private bool stopRequested;
    private long connections;

    /// <summary>Checks the options; connects only on <see cref="StartAsync"/>.</summary>
    /// <exception cref="ArgumentException">An option is wrong; the message names it.</exception>
    public MqttClient(MqttClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!MqttEndpoint.TryParse(options.Url, out endpoint, out var error)) throw new ArgumentException(error, nameof(options));
        Check(options.MaxInflight is >= 1 and <= ushort.MaxValue, "MaxInflight must be 1 to 65535");
        Check(options.ReceiveMaximum is >= 1 and <= ushort.MaxValue, "ReceiveMaximum must be 1 to 65535");
        Check(options.MaxPacketSize is >= 64 and <= VariableByteInteger.Max, "MaxPacketSize must be 64 to 268435455 bytes");
        Check(options.KeepAlive == TimeSpan.Zero || options.KeepAlive.TotalSeconds is >= 1 and <= ushort.MaxValue, "KeepAlive must be 0 (off) or 1 s to 65535 s");
        Check(options.PingTimeout > TimeSpan.Zero && options.ConnectTimeout > TimeSpan.Zero, "PingTimeout and ConnectTimeout must be over 0");
        Check(options.InitialBackoff > TimeSpan.Zero && options.MaxBackoff >= options.InitialBackoff && options.RefusedBackoff > TimeSpan.Zero,
            "InitialBackoff and RefusedBackoff must be over 0, MaxBackoff at least InitialBackoff");
        Check(options.SessionExpiry >= TimeSpan.Zero && options.WillDelay >= TimeSpan.Zero, "SessionExpiry and WillDelay must not be negative");
        Check(TopicFilter.IsValidTopic(options.ClientId.Length == 0 ? "-" : options.ClientId.Replace('+', '-').Replace('#', '-')), "ClientId must be UTF-8 text without U+0000");
        Check(options.Version == MqttVersion.V500 || options.Password is null || options.UserName is not null, "MQTT 3.1.1 has no password without a user name");
        Check(options.Will is null || TopicFilter.IsValidTopic(options.Will.Topic), "the will's topic is empty or has a wildcard");
        Check(options.Will is null || options.Will.Payload.Length <= ushort.MaxValue, "the will's payload is over 65535 bytes");
        Check(options.TopicAliasMaximum is >= 0 and <= ushort.MaxValue && options.MaxTopicAliases is >= 0 and <= ushort.MaxValue, "TopicAliasMaximum and MaxTopicAliases must be 0 to 65535");
        Check(options.Authentication is null || options.Version == MqttVersion.V500, "enhanced authentication needs MQTT 5.0");
        this.options = options;
        clientId = options.ClientId.Length > 0 ? options.ClientId : $"cityedge-{options.Random.NextInt64(long.MaxValue):x16}";
        outbound = new(options, ids);
        inbound = new(options);
        subscriptions = new(options.Version, ids);

        static void Check(bool holds, string rule)
        {
            if (!holds) throw new ArgumentException($"MQTT client: {rule}", nameof(options));
        }
    }

    public event Action<MqttConnected>? Connected;

    public event Action<MqttDisconnected>? Disconnected;

    public event Action<string, ReasonCode>? SubscriptionRefused;

    public event Action<Exception>? HandlerFailed;

    public MqttLinkState State => state;

    /// <summary>As given, made up, or assigned by the server.</summary>
    public string ClientId
    {
        get { lock (gate) return clientId; }
    }

    public MqttLinkStatistics Statistics
    {
        get
        {
            lock (gate)
                return new(outbound.Published, outbound.Acknowledged, inbound.Received, inbound.Dropped, connections, outbound.Inflight, outbound.Waiting);
        }
    }

    public Task StartAsync(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopRequested, this);
            if (running is not null) return Task.CompletedTask;
            raising = Task.Run(RaiseAsync, CancellationToken.None);
            dispatching = Task.Run(DispatchAsync, CancellationToken.None);
            running = Task.Run(RunAsync, CancellationToken.None);
        }
        return Task.CompletedTask;
    }

    public Task WaitConnectedAsync(CancellationToken cancellation = default)
    {
        lock (gate) return connected.Task.WaitAsync(cancellation);
    }

    public async Task<PublishResult> PublishAsync(MqttMessage message, CancellationToken cancellation = default)
    {
        CheckMessage(message);
        cancellation.ThrowIfCancellationRequested();
        var publish = new Outgoing(message);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopRequested, this);
            outbound.Add(publish);
        }
        if (!cancellation.CanBeCanceled) return await publish.Done.Task;
        try
        {
            return await publish.Done.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            lock (gate) outbound.Withdraw(publish);
            throw;
        }
    }

    public async Task<IReadOnlyList<ReasonCode>> SubscribeAsync(IReadOnlyList<Subscription> subscriptions, CancellationToken cancellation = default) =>
        (await SubscribeAsync(subscriptions, null, cancellation)).Codes;

    /// <summary>
    /// As the other, in 5.0 with properties: a Subscription Identifier, which the server puts into what it delivers for these filters (§3.8.2.1.2), and user properties. They are
    /// remembered with the filters. The answer has the server's reason string.
    /// </summary>
    public Task<SubscribeResult> SubscribeAsync(IReadOnlyList<Subscription> subscriptions, MqttProperties? properties, CancellationToken cancellation = default)
    {
        if (properties is { SubscriptionIdentifiers.Count: > 1 }) throw new ArgumentException("SUBSCRIBE takes one Subscription Identifier (5.0 §3.8.2.1.2)", nameof(properties));
        if (options.Handler is null) throw new InvalidOperationException("MQTT client: set MqttClientOptions.Handler before subscribing");
        if (subscriptions.Count == 0) throw new ArgumentException("give at least one topic filter", nameof(subscriptions));
        foreach (var subscription in subscriptions)
        {
            CheckFilter(subscription.Filter, nameof(subscriptions));
            if (subscription.NoLocal && subscription.Filter.StartsWith("$share/", StringComparison.Ordinal)) throw new ArgumentException($"'{subscription.Filter}': No Local on a shared subscription would end every connection (MQTT-3.8.3-4)", nameof(subscriptions));
        }
        return RequestAsync(new([.. subscriptions], null, properties: properties), cancellation);
    }

    public async Task<IReadOnlyList<ReasonCode>> UnsubscribeAsync(IReadOnlyList<string> filters, CancellationToken cancellation = default)
    {
        if (filters.Count == 0) throw new ArgumentException("give at least one topic filter", nameof(filters));
        foreach (var filter in filters) CheckFilter(filter, nameof(filters));
        return (await RequestAsync(new(null, [.. filters]), cancellation)).Codes;
    }

    public Task DisconnectAsync(bool publishWill = false, CancellationToken cancellation = default) => DisconnectAsync(publishWill, null, cancellation);

    /// <summary>As the other, in 5.0 with another session expiry than CONNECT gave; zero ends the session now (§3.14.2.2.2).</summary>
    /// <exception cref="ArgumentException">CONNECT asked for no session to be kept: it cannot be asked for now (MQTT-3.14.2.2.2).</exception>
    public async Task DisconnectAsync(bool publishWill, TimeSpan? sessionExpiry, CancellationToken cancellation = default)
    {
        if (sessionExpiry > TimeSpan.Zero && options.SessionExpiry == TimeSpan.Zero) throw new ArgumentException("CONNECT had a session expiry of 0, DISCONNECT may not have another", nameof(sessionExpiry));
        Task? run;
        bool open;
        lock (gate)
        {
            run = running;
            open = current is not null;
            if (!stopRequested && current is { } wire)
            {
                // 3.1.1 has no DISCONNECT that keeps the will: closing without one publishes it.
                if (options.Version == MqttVersion.V500 || !publishWill)
                    PacketEncoder.Write(wire.Output, options.Version, new DisconnectPacket(publishWill ? ReasonCode.DisconnectWithWillMessage : ReasonCode.Success, sessionExpiry is { } expiry ? new() { SessionExpiryInterval = Seconds(expiry) } : null));
                wire.Close();
            }
            stopRequested = true;
        }
        if (!open) await stopping.CancelAsync();
        if (run is not null)
        {
            // A server that does not read must not keep the process from ending.
            await Task.WhenAny(run, Task.Delay(CloseTimeout, options.Time, cancellation));
            await stopping.CancelAsync();
            await run;
        }
        await stopping.CancelAsync();
        End();
        await dispatching;
        events.Writer.TryComplete();
        await raising;
    }

    /// <summary>Disconnects normally, so that no will is published.</summary>
    public async ValueTask DisposeAsync() => await DisconnectAsync();

    private async Task<SubscribeResult> RequestAsync(SubscriptionRequest request, CancellationToken cancellation)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopRequested, this);
            subscriptions.Add(request);
        }
        return await request.Done.Task.WaitAsync(cancellation);
    }

    private void CheckMessage(MqttMessage message)
    {
        if (!TopicFilter.IsValidTopic(message.Topic))
            throw new ArgumentException($"topic '{message.Topic}' cannot be published to: it is empty, too long, has + or #, or is not text", nameof(message));
        if (message.Properties is { TopicAlias: not null } or { SubscriptionIdentifiers.Count: > 0 })
            throw new ArgumentException("a message must not set Topic Alias or Subscription Identifier", nameof(message));
        // Also finds properties that cannot be written, here and not in the midst of sending.
        if (PacketEncoder.Measure(options.Version, new PublishPacket(message.Topic, message.Payload, message.QoS, Properties: message.Properties)) > VariableByteInteger.Max)
            throw new ArgumentException($"payload of {message.Payload.Length} bytes is over what MQTT can carry", nameof(message));
    }

    private static void CheckFilter(string filter, string parameter)
    {
        if (!TopicFilter.IsValidFilter(filter)) throw new ArgumentException($"topic filter '{filter}' is not well-formed (5.0 §4.7.1)", parameter);
    }

    private void End()
    {
        lock (gate)
        {
            state = MqttLinkState.Stopped;
            var error = new ObjectDisposedException(nameof(MqttClient), "the MQTT link was stopped");
            outbound.Fail(error);
            subscriptions.Fail(error);
            if (connected.Task.IsCompleted) connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
            connected.TrySetException(error);
            // Nobody may be waiting: the exception then counts as seen.
            _ = connected.Task.Exception;
        }
    }
}
