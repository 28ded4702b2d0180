using System.Collections.Concurrent;
using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Hosting;

/// <summary>
/// Tells the world what has been committed: alarms and tickets to the live stream, public tickets as retained cards to kiosk walls, and the notices
/// that the commit asked for. A card is retained, so telling it twice after a crash changes nothing; a notice is marked sent.
/// </summary>
public sealed class Announcer(HubState state, MqttBroker broker, Notifier notifier, TimeProvider time, ILogger<Announcer> logger)
{
    /// <summary>How often it is looked whether a digest is due, real time: the hub's clock may run faster.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    // What is to be told, each thing once however often it changed: bounded by what exists, not by how fast it changes.
    private readonly ConcurrentDictionary<(string Kind, string Id), byte> changes = new();
    private readonly SemaphoreSlim changed = new(0, 1);
    private readonly Dictionary<string, long> cards = [];

    public async Task RunAsync(CancellationToken ct)
    {
        state.Tickets.Committed += Enqueue;
        state.Rules.Changed += PointsChanged;
        try
        {
            state.States.Refresh();
            foreach (var ticket in CardTable.Stale(state.Tickets)) changes.TryAdd(("ticket", ticket), 0);
            Signal();
            await SendNoticesAsync(ct);
            while (true)
            {
                // What is gathered falls due without anything changing.
                await changed.WaitAsync(Tick, ct);
                foreach (var change in changes.Keys)
                {
                    // Removed first: what changes from now on is told again.
                    if (changes.TryRemove(change, out _)) await TellAsync(change.Kind, change.Id, ct);
                }
                await SendNoticesAsync(ct);
                await SaveCardsAsync(ct);
            }
        }
        finally
        {
            state.Tickets.Committed -= Enqueue;
            state.Rules.Changed -= PointsChanged;
        }
    }

    private async Task TellAsync(string kind, string id, CancellationToken ct)
    {
        switch (kind)
        {
            case "alarm" when state.Tickets.Alarm(id) is { } alarm:
                state.States.Refresh(alarm.Point);
                state.Live.Send("alarm", state.EngineReader.Dated([alarm], time.GetUtcNow().ToUnixTimeMilliseconds())[0]);
                break;
            case "ticket" when state.Tickets.Get(id) is { } ticket:
                await AnnounceAsync(ticket, ct);
                break;
            case "device" when state.Registry.FindDevice(id) is { } device:
                state.Live.Send("device", DeviceJson.View(device));
                break;
        }
    }

    private void Enqueue(IReadOnlyList<StoreChange> committed)
    {
        foreach (var change in committed) changes.TryAdd((change.Kind == StoreChangeKind.Alarm ? "alarm" : "ticket", change.Id), 0);
        Signal();
    }

    private void PointsChanged(IReadOnlyCollection<PointId> points, IReadOnlyCollection<string> devices)
    {
        if (devices.Count == 0) return;
        foreach (var id in devices) changes.TryAdd(("device", id), 0);
        Signal();
    }

    private void Signal()
    {
        lock (changed)
        {
            if (changed.CurrentCount == 0) changed.Release();
        }
    }

    private async Task AnnounceAsync(TicketView ticket, CancellationToken ct)
    {
        // Candidates, and those that came to nothing, are not published (tickets.md §5.2).
        if (!TicketStates.IsPublished(ticket.State)) return;
        state.Live.Send("ticket", ticket);
        cards[ticket.Id] = ticket.Version;
        if (!ticket.Public) return;
        var card = new
        {
            ticket.Id, ticket.No, ticket.State, ticket.Severity, ticket.Category, ticket.Title, ticket.Site, ticket.Asset,
            AssetName = ticket.Asset is null ? null : state.Registry.FindAsset(ticket.Asset)?.Name, ticket.OpenedAt, ticket.ClosedAt, ticket.Outcome,
        };
        await broker.PublishAsync(Topics.Ticket(ticket.Site, ticket.Id), JsonSerializer.SerializeToUtf8Bytes(card, HubJson.Options), QoS.AtLeastOnce, retain: true, ct);
    }

    /// <summary>Keeps which version of a ticket its card shows, so that a change that a crash kept from being told is told at the next start, and nothing else is.</summary>
    private async Task SaveCardsAsync(CancellationToken ct)
    {
        if (cards.Count == 0) return;
        await state.Tickets.WriteAsync(tx => CardTable.Save(tx.Connection, cards), ct);
        cards.Clear();
    }

    /// <summary>In a flood of alarms notices of P4 and P5 are gathered; the digest goes out when the flood is over, or after 10 min.</summary>
    private async Task SendNoticesAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var flood = state.EngineReader.FloodSinceMs(now) is not null;
        while (state.Tickets.UnsentNotices(100) is { Count: > 0 } notices)
        {
            var alone = notices.Where(notice => !NoticeDigest.Gathers(notice.Severity, flood)).ToList();
            var told = new List<(PendingNotice Notice, TicketView Ticket)>(alone.Count);
            foreach (var notice in alone)
            {
                if (state.Tickets.Get(notice.Ticket) is { } ticket)
                {
                    await AnnounceAsync(ticket, ct);
                    state.Live.Send("notice", new { id = notice.Id, kind = notice.Kind, ticket = ticket.Id, ticket.No, ticket.Severity, ticket.Category, ticket.Title, ticket.Site, ticket.Asset, at = HubJson.FromMs(notice.AtMs) });
                    told.Add((notice, ticket));
                }
                logger.LogInformation("Ticket {Ticket}: {Kind}", notice.Ticket, notice.Kind);
            }
            await state.Tickets.WriteAsync(tx =>
            {
                foreach (var notice in alone) tx.MarkNoticeSent(notice.Id, now);
                foreach (var notice in notices.Except(alone)) tx.GatherNotice(notice.Id, now);
                foreach (var (notice, ticket) in told) notifier.Plan(tx, notice, ticket, now);
                return true;
            }, ct);
            notifier.Signal();
            state.Metrics.Notices(alone.Count);
        }
        if (state.Tickets.Gathered() is { } gathered && NoticeDigest.IsDue(gathered.SinceMs, flood, now)) await SendDigestAsync(gathered, now, ct);
    }

    /// <summary>Channels are told of what was gathered in as few messages as pages, each once over a restart.</summary>
    private async Task SendDigestAsync(GatheredNotices gathered, long now, CancellationToken ct)
    {
        state.Live.Send("notice", new { id = gathered.LastId, kind = "digest", since = HubJson.FromMs(gathered.SinceMs), until = HubJson.FromMs(now), gathered.Notices, gathered.Tickets, gathered.Counts, gathered.Newest });
        logger.LogInformation("Flood of alarms: {Notices} notices of {Tickets} tickets told together", gathered.Notices, gathered.Tickets);
        while (state.Tickets.GatheredUpTo(gathered.LastId, limit: 500) is { Count: > 0 } page)
        {
            var told = notifier.Channels.Count == 0 ? [] : page.Select(notice => (Notice: notice, Ticket: state.Tickets.Get(notice.Ticket))).ToList();
            var last = page[^1].Id;
            await state.Tickets.WriteAsync(tx =>
            {
                tx.MarkGatheredSent(last, now);
                foreach (var (notice, ticket) in told)
                {
                    if (ticket is not null) notifier.Plan(tx, notice, ticket, now, $"flood-{last}");
                }
                return true;
            }, ct);
            notifier.Signal();
            state.Metrics.Notices(page.Count);
        }
    }
}
