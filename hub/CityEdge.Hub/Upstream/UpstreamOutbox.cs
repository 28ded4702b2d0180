using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Upstream;

/// <summary>
/// Publishes to the other broker what the hub has for devices: ticket cards, commands, configurations. The journal is the queue: the cursor <c>upstream</c> passes a message only
/// when that broker has acknowledged it, so an outage or a crash delays and never loses (at least once; a card is retained and a command has an id).
/// </summary>
public sealed class UpstreamOutbox(UpstreamLink link, long maxPinnedBytes, MqttBroker broker, AppendLog journal, UpstreamCounters counters, TimeProvider arrival, ILogger logger)
{
    /// <summary>Name of the cursor.</summary>
    public const string CursorName = "upstream";

    private const int Window = 128;
    private static readonly string[] RetainedFilters = [$"{Topics.Prefix}+/{Topics.TicketsLevel}/+", $"{Topics.Prefix}+/+/config"];
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly Queue<(long Next, string Topic, Task<PublishResult> Sent)> underWay = new();
    private readonly List<LogRecord> batch = [];
    private LogCursor? cursor;
    private long position;

    /// <summary>Journal bytes between the cursor and the end.</summary>
    public long BacklogBytes => cursor is { } open ? journal.DurableEnd - open.Position : 0;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        cursor ??= journal.OpenCursor(CursorName, journal.DurableEnd);
        position = cursor.Position;
        underWay.Clear();
        while (true)
        {
            if (!link.State.Synced) await SynchroniseAsync(ct);
            batch.Clear();
            if (journal.Read(position, batch, 512, 1 << 20) == 0)
            {
                await SettleAsync(0, ct);
                position = Math.Max(position, cursor.Position);
                cursor.Commit(position);
                if (!link.State.Synced) continue;
                await journal.WaitForDataAsync(Math.Max(position, journal.DurableEnd), ct);
                continue;
            }
            foreach (var record in batch)
            {
                if (record.Kind == JournalKind.Publish && IsDown(record.Body, out var publish)) await SendAsync(publish, record, ct);
                if (!link.State.Synced) break;
                position = record.NextPosition;
            }
            await SettleAsync(int.MaxValue, ct);
            position = Math.Max(position, cursor.Position);
            if (underWay.Count == 0) cursor.Commit(position);
        }
    }

    /// <summary>The hub's direction: what it, or an administrator through it, says to devices and walls.</summary>
    private static bool IsDown(ReadOnlyMemory<byte> body, out PublishRecord publish)
    {
        publish = null!;
        // Nearly all of the journal is what devices say: looked at without decoding it.
        if (!PublishRecord.TryReadTopic(body.Span, out var topic) || topic.EndsWith("/telemetry"u8) || topic.EndsWith("/event"u8) || topic.EndsWith("/status"u8)) return false;
        return PublishRecord.TryDecode(body, out publish) && Topics.TryParse(publish.Topic, out var address) && address.Channel is TopicChannel.Ticket or TopicChannel.Command or TopicChannel.Config;
    }

    private async Task SendAsync(PublishRecord publish, LogRecord record, CancellationToken ct)
    {
        await SettleAsync(Window - 1, ct);
        await ConnectedAsync(ct);
        uint? left = null;
        if (publish.ExpirySeconds is { } expiry)
        {
            var seconds = expiry - Math.Max(0, arrival.GetUtcNow().ToUnixTimeMilliseconds() - record.TimeMs) / 1000;
            if (seconds <= 0)
            {
                counters.Expired();
                return;
            }
            left = (uint)seconds;
        }
        Enqueue(record.NextPosition, publish, left);
    }

    private void Enqueue(long next, PublishRecord publish, uint? expiry)
    {
        var properties = ForwardedProperties.Decode(publish.Properties.Span);
        if (expiry is not null) (properties ??= new()).MessageExpiryInterval = expiry;
        underWay.Enqueue((next, publish.Topic, link.Client.PublishAsync(new MqttMessage(publish.Topic, publish.Payload.ToArray(), QoS.AtLeastOnce, publish.Retain, properties), CancellationToken.None)));
    }

    /// <summary>Waits until at most so many are un-acknowledged, and moves the cursor past those that are done.</summary>
    private async Task SettleAsync(int most, CancellationToken ct)
    {
        while (underWay.TryPeek(out var head) && (underWay.Count > most || head.Sent.IsCompleted))
        {
            await UntilAsync(head.Sent, ct);
            var result = await head.Sent;
            underWay.Dequeue();
            if (result.IsSuccess)
            {
                counters.Published();
            }
            else
            {
                counters.Refused();
                logger.LogError("The upstream broker refused '{Topic}': {Code} {Reason}. It is dropped; give the hub's user there the right to publish {Filters}.", head.Topic, result.Code, result.Reason, "cityedge/v1/+/tickets/+, …/+/command/+ and …/+/config");
            }
            if (head.Next > 0) cursor!.Commit(head.Next);
        }
    }

    /// <summary>Brings the retained cards and configurations of before the first connection, or of a time that the journal could not hold, to the other broker.</summary>
    private async Task SynchroniseAsync(CancellationToken ct)
    {
        var from = journal.DurableEnd;
        cursor!.Commit(from);
        position = Math.Max(position, from);
        await ConnectedAsync(ct);
        var count = 0;
        foreach (var filter in RetainedFilters)
        {
            foreach (var record in await broker.RetainedAsync(filter, from, ct))
            {
                await SettleAsync(Window - 1, ct);
                Enqueue(0, record, null);
                count++;
            }
        }
        await SettleAsync(0, ct);
        link.Remember(s => s with { Synced = true });
        logger.LogInformation("{Count} retained cards and configurations are at the upstream broker.", count);
    }

    private async Task ConnectedAsync(CancellationToken ct)
    {
        var connected = link.Client.WaitConnectedAsync(ct);
        if (!connected.IsCompleted) await UntilAsync(connected, ct);
        await connected;
    }

    private async Task UntilAsync(Task what, CancellationToken ct)
    {
        while (!what.IsCompleted)
        {
            await Task.WhenAny(what, Task.Delay(Look, TimeProvider.System, ct));
            ct.ThrowIfCancellationRequested();
            if (link.State.Synced && BacklogBytes > maxPinnedBytes) GiveUp();
        }
    }

    /// <summary>The outage has pinned too much of the journal: retained messages are sent as they are when it is over, commands in between are lost, and that is said.</summary>
    private void GiveUp()
    {
        logger.LogError("The upstream broker has been away for {Bytes} bytes of journal, more than the {Max} that it may hold back: commands to devices of that time are dropped; cards and configurations are sent as they stand when it is back.", BacklogBytes, maxPinnedBytes);
        counters.Refused();
        link.Remember(s => s with { Synced = false });
        cursor!.Commit(journal.DurableEnd);
    }
}
