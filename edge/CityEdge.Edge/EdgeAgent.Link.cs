using CityEdge.Contracts;
using CityEdge.Mqtt;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge;

public sealed partial class EdgeAgent
{
    private readonly Lock subscriberGate = new();
    private string? lastLost;
    private long lastLostAt;
    private (string Filter, Func<MqttIncoming, CancellationToken, ValueTask> Handler)[] subscribers = [];

    /// <summary>
    /// Hands every message under an MQTT filter (e.g. <c>cityedge/v1/SITE/tickets/+</c>) to a handler, one at a time; it is acknowledged when the handler returns.
    /// Before or while running. Dispose to stop hearing; the broker goes on sending until the agent ends.
    /// </summary>
    public IDisposable Subscribe(string filter, Func<MqttIncoming, CancellationToken, ValueTask> handler)
    {
        var entry = (filter, handler);
        lock (subscriberGate) subscribers = [.. subscribers, entry];
        if (started.Task.IsCompletedSuccessfully) _ = SubscribeAsync(started.Task.Result.Link, [filter], CancellationToken.None);
        return new Unsubscriber(this, entry);
    }

    private sealed class Unsubscriber(EdgeAgent agent, (string Filter, Func<MqttIncoming, CancellationToken, ValueTask> Handler) entry) : IDisposable
    {
        public void Dispose()
        {
            lock (agent.subscriberGate) agent.subscribers = [.. agent.subscribers.Where(s => s != entry)];
        }
    }

    private MqttClientOptions LinkOptions()
    {
        var options = new MqttClientOptions
        {
            Url = config.Hub.Url,
            ClientId = $"{config.Site}.{config.Device}",
            UserName = config.Hub.Password is null ? null : config.Identity,
            Password = config.Hub.Password,
            CaFile = config.Hub.CaFile,
            ClientCertificateFile = config.Hub.CertFile,
            ClientKeyFile = config.Hub.KeyFile,
            SessionExpiry = TimeSpan.FromDays(1),
            // Status and replies pass beside the uplink's window.
            MaxInflight = config.Window + 4,
            Will = StatusReporter.Will(config),
            Handler = HandleAsync,
            Time = seams.WireClock,
        };
        return seams.Configure?.Invoke(options) ?? options;
    }

    private void Listen(Parts parts)
    {
        parts.Link.Connected += connected =>
        {
            logger.LogInformation("Connected to {Hub}, session {Session}", config.Hub.Url, connected.SessionPresent ? "resumed" : "new");
            parts.Status.OnConnected();
            parts.Rules.OnConnected();
        };
        parts.Link.Disconnected += lost =>
        {
            // An outage of a day is not ten thousand lines: the same reason once a minute.
            if (lost.Retry is not { } retry || (lost.Message == lastLost && seams.WireClock.GetElapsedTime(lastLostAt) < TimeSpan.FromMinutes(1))) return;
            (lastLost, lastLostAt) = (lost.Message, seams.WireClock.GetTimestamp());
            logger.LogWarning("Not connected to {Hub}: {Reason}; next attempt in {Retry:0.0} s", config.Hub.Url, lost.Message, retry.TotalSeconds);
        };
        parts.Link.SubscriptionRefused += (filter, code) => logger.LogWarning("The hub refused the subscription to {Filter}: {Code}", filter, code);
        parts.Link.HandlerFailed += e => logger.LogError(e, "A message could not be handled");
    }

    private Task SubscribeAllAsync(IMqttLink link, CancellationToken cancellation)
    {
        lock (subscriberGate) return SubscribeAsync(link, [.. subscribers.Select(s => s.Filter).Append(Topics.Command(config.Site, config.Device, "+")).Append(Topics.Config(config.Site, config.Device)).Distinct()], cancellation);
    }

    private async Task SubscribeAsync(IMqttLink link, string[] filters, CancellationToken cancellation)
    {
        try
        {
            var codes = await link.SubscribeAsync([.. filters.Select(f => new Subscription(f))], cancellation).ConfigureAwait(false);
            for (var i = 0; i < codes.Count; i++)
            {
                if (ReasonCodes.IsFailure(codes[i])) logger.LogWarning("The hub refused the subscription to {Filter}: {Code}", filters[i], codes[i]);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            logger.LogDebug("Stopped before the subscription was answered");
        }
    }

    private async ValueTask HandleAsync(MqttIncoming message, CancellationToken cancellation)
    {
        foreach (var (filter, handler) in subscribers)
        {
            if (TopicFilter.Matches(filter, message.Topic)) await handler(message, cancellation).ConfigureAwait(false);
        }
        if (!Topics.TryParse(message.Topic, out var address) || address.Channel is not (TopicChannel.Command or TopicChannel.Config) || address.Device != config.Device || address.Site != config.Site) return;
        var parts = await started.Task.WaitAsync(cancellation).ConfigureAwait(false);
        if (address.Channel == TopicChannel.Config)
        {
            parts.Rules.Offer(message.Payload);
            return;
        }
        var reply = await commands.AnswerAsync(address.Id!, message.Payload, cancellation).ConfigureAwait(false);
        logger.LogInformation("Command {Id}: {Status} {Error}", address.Id, reply.Status, reply.Error);
        // Not awaited to its acknowledgement: the link keeps it and sends it again until it has one.
        _ = parts.Link.PublishAsync(new MqttMessage(Topics.CommandReply(config.Site, config.Device, address.Id!), reply.ToJson()), cancellation)
            .ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
    }
}
