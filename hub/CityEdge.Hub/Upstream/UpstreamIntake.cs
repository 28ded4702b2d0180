using System.Collections.Concurrent;
using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Upstream;

/// <summary>
/// Takes what the other broker delivers into the journal, in its order and without waiting, and acknowledges each message once the flush that holds it is done (design §2,
/// promise 1). Who spoke is the topic's <c>site/device</c>: that broker has authenticated it.
/// </summary>
public sealed class UpstreamIntake(BrokerOptions limits, MqttBroker broker, AppendLog journal, IBrokerObserver observer, UpstreamCounters counters, TimeProvider arrival, ILogger logger)
{
    /// <summary>Client id of these messages in the journal.</summary>
    public const string Source = "upstream";

    private const int RememberedTopics = 10_000;
    private const int KeptPayload = 64 << 10;
    private static readonly TimeSpan FullRetry = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentQueue<(long Position, MqttIncoming Message)> waiting = new();
    private readonly SemaphoreSlim durable = new(0, 1);
    private readonly TaskCompletionSource failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, (string Identity, bool Ours, bool Allowed)> topics = new(StringComparer.Ordinal);

    /// <summary>The client's handler: one message at a time. It never throws, since what throws would be acknowledged.</summary>
    public async ValueTask TakeAsync(MqttIncoming message, CancellationToken ct)
    {
        var (identity, ours, allowed) = Known(message.Topic);
        // The hub's own direction: cards, commands, configurations. Not subscribed, so only a broker that delivers what nobody asked for gets here.
        if (!ours) await message.AcknowledgeAsync();
        else if (!allowed) await RefuseAsync(message, identity, RefusalReason.ForbiddenTopic, $"The hub's broker.acl forbids '{message.Topic}' to {identity}.");
        else if (message.Payload.Length > limits.MaxPacketBytes) await RefuseAsync(message, identity, RefusalReason.TooLarge, $"{message.Payload.Length} bytes; the hub takes {limits.MaxPacketBytes} (broker.max_packet).");
        else await StoreAsync(message, identity, ct);
    }

    /// <summary>Acknowledges what has become durable, until cancelled; ends with the fault when the journal fails.</summary>
    public async Task AcknowledgeAsync(CancellationToken ct)
    {
        using var registration = journal.OnDurable(_ => Signal());
        while (true)
        {
            var count = 0;
            var end = journal.DurableEnd;
            while (waiting.TryPeek(out var next) && next.Position <= end && waiting.TryDequeue(out next))
            {
                await next.Message.AcknowledgeAsync();
                count++;
            }
            counters.Acknowledged(count);
            var wait = durable.WaitAsync(ct);
            if (await Task.WhenAny(wait, failed.Task) == failed.Task) await failed.Task;
            await wait;
        }
    }

    private async ValueTask StoreAsync(MqttIncoming message, string identity, CancellationToken ct)
    {
        var record = new PublishRecord(message.Topic, Source, identity, message.QoS, message.Retain, message.Payload, ForwardedProperties.Encode(message.Properties))
        {
            ExpirySeconds = message.Properties?.MessageExpiryInterval,
        };
        var told = false;
        while (true)
        {
            try
            {
                waiting.Enqueue((broker.Accept(record), message));
                counters.Taken(message.Dup);
                // It may have become durable before it was queued.
                if (journal.DurableEnd >= journal.End) Signal();
                return;
            }
            catch (LogFullException full)
            {
                // Nobody is acknowledged while the journal is full; the window then holds the other broker back, which keeps the messages.
                if (!told) logger.LogWarning("The journal is full, nothing is taken from the upstream broker until there is space: {Message}", full.Message);
                told = true;
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                failed.TrySetException(error);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct);
            }
            await Task.Delay(FullRetry, TimeProvider.System, ct);
        }
    }

    private ValueTask RefuseAsync(MqttIncoming message, string identity, RefusalReason reason, string why)
    {
        observer.Refused(new BrokerRefusal(message.Topic, Source, identity, reason, why, message.Payload.Span[..Math.Min(message.Payload.Length, KeptPayload)].ToArray(), arrival.GetUtcNow().ToUnixTimeMilliseconds()));
        return message.AcknowledgeAsync();
    }

    private (string Identity, bool Ours, bool Allowed) Known(string topic)
    {
        if (topics.TryGetValue(topic, out var known)) return known;
        if (topics.Count >= RememberedTopics) topics.Clear();
        // A topic that is none of CityEdge's goes on: the consumers name it in a dead letter.
        known = !Topics.TryParse(topic, out var address) ? ("", true, true)
            : (address.Site + "/" + address.Device,
                address.Channel is TopicChannel.Telemetry or TopicChannel.Event or TopicChannel.Status or TopicChannel.CommandReply or TopicChannel.ConfigReported,
                limits.Policy.MayPublish(ClientIdentity.OfDevice(address.Site, address.Device), topic));
        return topics[topic] = known;
    }

    private void Signal()
    {
        lock (durable)
        {
            if (durable.CurrentCount == 0) durable.Release();
        }
    }
}
