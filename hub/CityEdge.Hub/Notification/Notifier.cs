using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Notification;

/// <summary>
/// Tells people of tickets. A notice becomes one delivery a channel in the commit that takes it off the tickets' list; each channel then has a loop of its own that sends what is due, so that one that
/// hangs holds up no other. Sent at least once, under an id that stays the same.
/// </summary>
public sealed class Notifier : IDisposable
{
    private const int MostAtOnce = 100;
    private static readonly TimeSpan GivesUpAfter = TimeSpan.FromHours(24);
    private static readonly int[] BackOffSeconds = [5, 30, 60, 300, 900, 1800, 3600];

    private readonly TicketStore store;
    private readonly HubRegistry registry;
    private readonly HubMetrics metrics;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly NotifyOptions options;
    private readonly DeliveryPlan plan;
    private readonly NoticeReader reader;
    private readonly NoticeWords words;
    private readonly IReadOnlyList<ChannelState> channels;

    /// <param name="hub">Zone, channels and routes.</param>
    /// <param name="store">Tickets and deliveries.</param>
    /// <param name="registry">Names.</param>
    /// <param name="metrics">Counts tries.</param>
    /// <param name="time">The hub's clock.</param>
    /// <param name="logger">Tells of what is not taken.</param>
    public Notifier(HubOptions hub, TicketStore store, HubRegistry registry, HubMetrics metrics, TimeProvider time, ILogger<Notifier> logger)
    {
        (this.store, this.registry, this.metrics, this.time, this.logger) = (store, registry, metrics, time, logger);
        options = hub.Notify;
        var zone = TimeZoneInfo.FindSystemTimeZoneById(hub.TimeZone);
        plan = new DeliveryPlan(options, zone);
        words = new NoticeWords(zone);
        reader = new NoticeReader(store, registry, () => options.Link ?? Address);
        channels = [.. options.Channels.Select(c => new ChannelState(c))];
        foreach (var state in new[] { DeliveryState.Pending, DeliveryState.Dead })
        {
            metrics.Gauges($"cityedge.notifications.{state.ToString().ToLowerInvariant()}", state == DeliveryState.Dead ? "Deliveries that their channel never took." : "Deliveries that wait to be sent.", "channel", () =>
            {
                using var read = store.OpenRead();
                return DeliveryTable.Counts(read, state).Select(c => (c.Channel, (double)c.Count)).ToList();
            });
        }
    }

    /// <summary>The hub's own address, for links where <c>notify.link</c> gives none.</summary>
    public Uri Address { get; set; } = new("http://127.0.0.1");

    /// <summary>Channels and how they do.</summary>
    public IReadOnlyList<ChannelState> Channels => channels;

    /// <summary>Writes a notice's deliveries, in the commit that takes the notice off the list. <see cref="Signal"/> when that is done. Those with the same <paramref name="together"/> go into one message a channel.</summary>
    public void Plan(TicketTransaction tx, PendingNotice notice, TicketView ticket, long nowMs, string? together = null)
    {
        if (channels.Count == 0) return;
        foreach (var delivery in plan.Of(notice, ticket, [.. registry.PathOf(ticket.Asset).Select(a => a.Id)], nowMs, together)) DeliveryTable.Add(tx.Connection, delivery);
    }

    /// <summary>There may be something to send.</summary>
    public void Signal()
    {
        foreach (var channel in channels) channel.Signal();
    }

    /// <summary>Sends until stopped.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        await store.WriteAsync(tx => DeliveryTable.Orphans(tx.Connection, [.. channels.Select(c => c.Options.Name)]), ct);
        await Task.WhenAll(channels.Select(c => RunAsync(c, ct)));
    }

    /// <summary>Sends a test message at once; what the other side said when it was not taken.</summary>
    public async Task<SendResult> TestAsync(ChannelState channel, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var ms = now.ToUnixTimeMilliseconds();
        return await SendAsync(channel, [new Delivery(string.Create(CultureInfo.InvariantCulture, $"test-{ms}-{channel.Options.Name}"), null, null, channel.Options.Name, null, DeliveryState.Pending, 0, ms, ms, ms, ms)], now, ct);
    }

    /// <summary>Sends a dead delivery once more; null when there is no such one.</summary>
    public async Task<Delivery?> ReplayAsync(string id, CancellationToken ct)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var replayed = await store.WriteAsync(
            tx =>
            {
                if (DeliveryTable.Find(tx.Connection, id) is not { State: DeliveryState.Dead } dead) return null;
                var again = dead with { State = DeliveryState.Pending, Attempts = 0, FirstDueMs = now, DueMs = now, Gather = null, Error = null };
                DeliveryTable.Save(tx.Connection, again);
                return again;
            },
            ct);
        if (replayed is not null) Signal();
        return replayed;
    }

    private async Task RunAsync(ChannelState channel, CancellationToken ct)
    {
        while (true)
        {
            var signalled = channel.Signalled;
            var now = time.GetUtcNow();
            ct.ThrowIfCancellationRequested();
            if (await SendDueAsync(channel, now, ct)) continue;
            bool more;
            using (var read = store.OpenRead()) more = DeliveryTable.Waits(read, channel.Options.Name);
            await ChannelState.WaitAsync(signalled, more, ct);
        }
    }

    /// <summary>Sends the next message that is due; false when there is none, or no room under the channel's rate.</summary>
    private async Task<bool> SendDueAsync(ChannelState channel, DateTimeOffset now, CancellationToken ct)
    {
        if (channel.Left(now) == 0) return false;
        IReadOnlyList<Delivery> due;
        using (var read = store.OpenRead()) due = DeliveryTable.Due(read, channel.Options.Name, now.ToUnixTimeMilliseconds(), MostAtOnce);
        if (due.Count == 0) return false;
        var unwanted = due.Where(d => d.Reminder > 0 && !(d.Ticket is { } id && store.Get(id) is { } ticket && DeliveryPlan.NeedsReminder(ticket))).ToList();
        if (unwanted.Count > 0)
        {
            await SaveAsync(unwanted.Select(d => d with { State = DeliveryState.Stopped, Error = "somebody has taken the ticket or seen its alarm, or it is over" }), ct);
            return true;
        }
        if (due[0].Gather is { } together)
        {
            using (var read = store.OpenRead()) due = DeliveryTable.Gathered(read, channel.Options.Name, together);
            if (due.Count <= MostAtOnce) await TellAsync(channel, due, now, ct);
            // The rest is another message.
            else await SaveAsync(due.Skip(MostAtOnce).Select(d => d with { Gather = together + "+" }), ct);
            return true;
        }
        var alone = due.Where(d => d.Gather is null && d.Language == due[0].Language).ToList();
        if (channel.Left(now) is { } left && alone.Count > left)
        {
            // More than the channel takes one by one: together in one message, under an id that is written down first.
            var gather = string.Create(CultureInfo.InvariantCulture, $"m{due[0].Id}-{alone.Count}");
            await SaveAsync(alone.Select(d => d with { Gather = gather }), ct);
            return true;
        }
        await TellAsync(channel, [due[0]], now, ct);
        return true;
    }

    private async Task TellAsync(ChannelState channel, IReadOnlyList<Delivery> message, DateTimeOffset now, CancellationToken ct)
    {
        var result = await SendAsync(channel, message, now, ct);
        var nowMs = now.ToUnixTimeMilliseconds();
        if (result.Error is null)
        {
            await store.WriteAsync(
                tx =>
                {
                    foreach (var delivery in message)
                    {
                        DeliveryTable.Save(tx.Connection, delivery with { State = DeliveryState.Sent, Attempts = delivery.Attempts + 1, SentMs = nowMs, Error = null });
                        if (DeliveryPlan.Next(delivery, nowMs) is { } reminder) DeliveryTable.Add(tx.Connection, reminder);
                    }
                },
                ct);
            return;
        }
        var attempts = message[0].Attempts + 1;
        var wait = result.RetryAfter is { } asked && asked < GivesUpAfter ? asked : TimeSpan.FromSeconds(BackOffSeconds[Math.Min(attempts - 1, BackOffSeconds.Length - 1)]);
        var dead = result.Gone || nowMs + wait.TotalMilliseconds - message.Min(d => d.FirstDueMs) > GivesUpAfter.TotalMilliseconds;
        if (dead) logger.LogError("Channel {Channel} has not taken {Message} for {Hours} h: {Error}. It is kept: see 'cityedge-hub notifications list --state dead'.", channel.Options.Name, message[0].MessageId, GivesUpAfter.TotalHours, result.Error);
        else if (attempts == 1) logger.LogWarning("Channel {Channel} did not take {Message}: {Error}. It is tried again for {Hours} h.", channel.Options.Name, message[0].MessageId, result.Error, GivesUpAfter.TotalHours);
        await SaveAsync(message.Select(d => d with { State = dead ? DeliveryState.Dead : DeliveryState.Pending, Attempts = attempts, DueMs = nowMs + (long)wait.TotalMilliseconds, Error = Short(result.Error) }), ct);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever a channel fails of, the message is tried again and the others go on.")]
    private async Task<SendResult> SendAsync(ChannelState channel, IReadOnlyList<Delivery> deliveries, DateTimeOffset now, CancellationToken ct)
    {
        var notices = deliveries.Select(reader.Read).ToList();
        var language = deliveries[0].Language;
        var message = new OutgoingMessage(deliveries[0].MessageId, now, words.Title(notices, language), words.Lines(notices, language), notices);
        channel.Used(now);
        SendResult result;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(channel.Options.Timeout);
        try
        {
            result = await channel.Channel.SendAsync(message, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            result = new SendResult($"no answer within {channel.Options.Timeout.TotalSeconds} s");
        }
        catch (Exception failure) when (!ct.IsCancellationRequested)
        {
            result = new SendResult(failure.Message);
        }
        channel.Told(result, now);
        metrics.Notification(channel.Options.Name, result.Error is null);
        return result;
    }

    private Task SaveAsync(IEnumerable<Delivery> changed, CancellationToken ct) => store.WriteAsync(
        tx =>
        {
            foreach (var delivery in changed) DeliveryTable.Save(tx.Connection, delivery);
        },
        ct);

    private static string Short(string text) => text.Length <= 500 ? text : text[..500];

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var channel in channels) channel.Dispose();
    }
}
