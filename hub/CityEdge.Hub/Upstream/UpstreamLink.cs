using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Upstream;

/// <summary>
/// The hub as a client of an existing broker (design §7): devices speak to that broker, the hub takes their messages from a shared subscription and publishes back what it has for
/// them. All behind the journal is as without it. An outage is waited out; it never ends the hub.
/// </summary>
public sealed class UpstreamLink(HubOptions options, MqttBroker broker, AppendLog journal, IBrokerObserver observer, UpstreamCounters counters, TimeProvider arrival, ILogger<UpstreamLink> logger)
{
    private static readonly TimeSpan RefusedRetry = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(2);

    private readonly UpstreamOptions upstream = options.Upstream!;
    private readonly SemaphoreSlim subscribeAgain = new(0, 1);
    private readonly Lock gate = new();
    private UpstreamState state = UpstreamState.Load(options.Data, options.Upstream!);
    private UpstreamOutbox? outbox;
    private MqttClient? client;
    private volatile string? connection = "not connected yet";
    private volatile string? subscription = "not subscribed yet";

    /// <summary>What is wrong, for a person; null while connected and subscribed.</summary>
    public string? Problem => connection ?? subscription;

    /// <summary>Journal bytes that the outgoing direction still has to look at.</summary>
    public long BacklogBytes => outbox?.BacklogBytes ?? 0;

    internal MqttClient Client => client!;

    internal UpstreamState State
    {
        get { lock (gate) return state; }
    }

    /// <summary>Runs until cancelled: connects, subscribes, takes, acknowledges and publishes.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        Remember(s => s);
        var intake = new UpstreamIntake(options.Broker, broker, journal, observer, counters, arrival, logger);
        await using var link = client = new MqttClient(ClientOptions(intake));
        outbox = new UpstreamOutbox(this, options.JournalMaxBytes / 2, broker, journal, counters, arrival, logger);
        link.Connected += OnConnected;
        link.Disconnected += OnDisconnected;
        link.SubscriptionRefused += (_, _) => Again();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var acknowledging = intake.AcknowledgeAsync(ending.Token);
        Task[] parts = [acknowledging, SubscribeAsync(link, ending.Token), outbox.RunAsync(ending.Token)];
        await link.StartAsync(ct);
        try
        {
            await await Task.WhenAny(parts);
        }
        finally
        {
            // Orderly: what is flushed is acknowledged; the rest comes again.
            await link.DisconnectAsync().WaitAsync(DrainTimeout, TimeProvider.System, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ending.CancelAsync();
            await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            connection = "stopped";
        }
    }

    /// <summary>Changes what must be known again after a restart; durable when it returns.</summary>
    internal void Remember(Func<UpstreamState, UpstreamState> change)
    {
        lock (gate)
        {
            var next = change(state);
            next.Save(options.Data);
            state = next;
        }
    }

    private MqttClientOptions ClientOptions(UpstreamIntake intake) => new()
    {
        Url = upstream.Url,
        Version = upstream.Version,
        ClientId = State.ClientId,
        UserName = upstream.User,
        Password = upstream.PasswordFile is { } file ? File.ReadAllText(file).TrimEnd('\r', '\n') : null,
        CaFile = upstream.CaFile,
        ClientCertificateFile = upstream.CertificateFile,
        ClientKeyFile = upstream.KeyFile,
        CleanStart = false,
        SessionExpiry = upstream.SessionExpiry,
        ReceiveMaximum = upstream.Window,
        // A broker that goes over it after an outage must not be thrown out for it, again and again.
        EnforceReceiveMaximum = false,
        // Above the hub's own limit, so that a message that is too large is named in a dead letter instead of silently not delivered.
        MaxPacketSize = Math.Max(4 << 20, 2 * options.Broker.MaxPacketBytes),
        TopicAliasMaximum = 64,
        MaxInflight = 100,
        Handler = intake.TakeAsync,
        ManualAcknowledgement = true,
    };

    /// <summary>
    /// Only what the hub needs, and nothing of what it says itself, so that nothing can go round. What devices measure is shared among the hubs of one name; what devices are
    /// (retained) goes to each of them.
    /// </summary>
    private List<Subscription> Wanted()
    {
        var five = upstream.Version == MqttVersion.V500;
        var share = upstream.Share is { } name ? $"$share/{name}/" : "";
        var shared = new[] { "telemetry", "event", "command/+/reply" }.Select(rest => new Subscription($"{share}{Topics.Prefix}+/+/{rest}", RetainAsPublished: five, NoLocal: five && share.Length == 0));
        var plain = new[] { "status", "config/reported" }.Select(rest => new Subscription($"{Topics.Prefix}+/+/{rest}", RetainAsPublished: five, NoLocal: five, RetainHandling: five ? RetainHandling.SendIfNew : RetainHandling.SendAtSubscribe));
        return [.. shared, .. plain];
    }

    private async Task SubscribeAsync(MqttClient link, CancellationToken ct)
    {
        var wanted = Wanted();
        var filters = wanted.Select(s => s.Filter).ToList();
        while (true)
        {
            var stale = State.Filters.Except(filters).ToList();
            // Remembered before they are made: a crash must not leave a subscription that nobody gives up.
            Remember(s => s with { Filters = [.. s.Filters.Union(filters)] });
            if (stale.Count > 0) await link.UnsubscribeAsync(stale, ct);
            var result = await link.SubscribeAsync(wanted, null, ct);
            var refused = result.Codes.Index().Where(c => ReasonCodes.IsFailure(c.Item)).Select(c => (filters[c.Index], Code: c.Item)).ToList();
            if (refused.Count == 0)
            {
                Remember(s => s with { Filters = filters });
                subscription = null;
                await subscribeAgain.WaitAsync(ct);
                continue;
            }
            subscription = Mend(refused[0].Code, $"it refused the subscription {refused[0].Item1}: {refused[0].Code} {result.Reason}".TrimEnd());
            logger.LogError("Upstream broker {Url}: {Problem}", upstream.Url, subscription);
            await Task.Delay(RefusedRetry, TimeProvider.System, ct);
        }
    }

    private void OnConnected(MqttConnected connected)
    {
        counters.Connected();
        connection = null;
        logger.LogInformation("Connected to the upstream broker {Url} as {Client}, session {Session}.", upstream.Url, connected.ClientId, connected.SessionPresent ? "resumed" : "new");
        if (connected.Properties?.RetainAvailable == false || connected.Properties?.MaximumQoS == QoS.AtMostOnce)
            logger.LogError("The upstream broker {Url} offers no retained messages or no QoS 1: ticket cards and commands cannot be published there. Allow them in its configuration.", upstream.Url);
    }

    private void OnDisconnected(MqttDisconnected gone)
    {
        if (gone.Retry is null) return;
        connection = Mend(gone.Code, gone.Message);
        logger.LogWarning("Upstream broker {Url}: {Problem}; trying again in {Seconds:0.0} s.", upstream.Url, connection, gone.Retry.Value.TotalSeconds);
    }

    private void Again()
    {
        lock (gate)
        {
            if (subscribeAgain.CurrentCount == 0) subscribeAgain.Release();
        }
    }

    /// <summary>The problem with what to do about it.</summary>
    private static string Mend(ReasonCode? code, string problem) => code switch
    {
        ReasonCode.UnsupportedProtocolVersion => $"{problem}. It speaks MQTT 3.1.1 only: start the hub with --upstream-version 3.1.1, which subscribes plainly, so that only one hub may be attached",
        ReasonCode.SharedSubscriptionsNotSupported => $"{problem}. Start the hub with --upstream-share none for a plain subscription, so that only one hub may be attached",
        ReasonCode.BadUserNameOrPassword or ReasonCode.NotAuthorized => $"{problem}. Check the user in --upstream, --upstream-password-file, and that user's rights on cityedge/v1/# there",
        ReasonCode.SessionTakenOver => $"{problem}. Another client has this client id: give every hub its own --upstream-client-id",
        ReasonCode.UseAnotherServer or ReasonCode.ServerMoved => $"{problem}. Put that address into --upstream",
        _ => problem,
    };
}
