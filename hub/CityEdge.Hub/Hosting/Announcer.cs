using System.Text.Json;
using System.Threading.Channels;
using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Hosting;

/// <summary>
/// Tells the world what has been committed: alarms and tickets to the live stream, public tickets as retained cards to kiosk walls, and the notices
/// that the commit asked for. A card is retained, so telling it twice after a crash changes nothing; a notice is marked sent.
/// </summary>
public sealed class Announcer(HubState state, MqttBroker broker, TimeProvider time, ILogger<Announcer> logger)
{
    private readonly Channel<StoreChange> changes = Channel.CreateUnbounded<StoreChange>(new UnboundedChannelOptions { SingleReader = true });

    public async Task RunAsync(CancellationToken ct)
    {
        state.Tickets.Committed += Enqueue;
        state.Rules.Changed += PointsChanged;
        try
        {
            await SendNoticesAsync(ct);
            while (await changes.Reader.WaitToReadAsync(ct))
            {
                var alarms = new HashSet<string>();
                var tickets = new HashSet<string>();
                while (changes.Reader.TryRead(out var change)) (change.Kind == StoreChangeKind.Alarm ? alarms : tickets).Add(change.Id);
                if (alarms.Count > 0) state.States.Refresh();
                foreach (var id in alarms)
                {
                    if (state.Tickets.Alarm(id) is { } alarm) state.Live.Send("alarm", alarm);
                }
                foreach (var id in tickets)
                {
                    if (state.Tickets.Get(id) is { } ticket) await AnnounceAsync(ticket, ct);
                }
                await SendNoticesAsync(ct);
            }
        }
        finally
        {
            state.Tickets.Committed -= Enqueue;
            state.Rules.Changed -= PointsChanged;
        }
    }

    private void Enqueue(IReadOnlyList<StoreChange> committed)
    {
        foreach (var change in committed) changes.Writer.TryWrite(change);
    }

    private void PointsChanged(IReadOnlyCollection<PointId> points, IReadOnlyCollection<string> devices)
    {
        foreach (var id in devices)
        {
            if (state.Registry.FindDevice(id) is { } device) state.Live.Send("device", DeviceJson.View(device));
        }
    }

    private async Task AnnounceAsync(TicketView ticket, CancellationToken ct)
    {
        // Candidates, and those that came to nothing, are not published (tickets.md §5.2).
        if (!TicketStates.IsPublished(ticket.State)) return;
        state.Live.Send("ticket", ticket);
        if (!ticket.Public) return;
        var card = new
        {
            ticket.Id, ticket.No, ticket.State, ticket.Severity, ticket.Category, ticket.Title, ticket.Site, ticket.Asset,
            AssetName = ticket.Asset is null ? null : state.Registry.FindAsset(ticket.Asset)?.Name, ticket.OpenedAt, ticket.ClosedAt, ticket.Outcome,
        };
        await broker.PublishAsync(Topics.Ticket(ticket.Site, ticket.Id), JsonSerializer.SerializeToUtf8Bytes(card, HubJson.Options), QoS.AtLeastOnce, retain: true, ct);
    }

    private async Task SendNoticesAsync(CancellationToken ct)
    {
        while (state.Tickets.UnsentNotices(100) is { Count: > 0 } notices)
        {
            foreach (var notice in notices)
            {
                if (state.Tickets.Get(notice.Ticket) is { } ticket) await AnnounceAsync(ticket, ct);
                logger.LogInformation("Ticket {Ticket}: {Kind}", notice.Ticket, notice.Kind);
            }
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            await state.Tickets.WriteAsync(tx =>
            {
                foreach (var notice in notices) tx.MarkNoticeSent(notice.Id, now);
                return true;
            }, ct);
            state.Metrics.Notices(notices.Count);
        }
    }
}
