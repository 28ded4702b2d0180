using System.Globalization;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Notification;

/// <summary>Decides which channels are told of a notice, and when. Pure.</summary>
/// <param name="options">Channels and routes.</param>
/// <param name="zone">Zone of hours and days.</param>
public sealed class DeliveryPlan(NotifyOptions options, TimeZoneInfo zone)
{
    /// <summary>The deliveries of a notice; each channel at most once, by its first route.</summary>
    /// <param name="notice">What to tell.</param>
    /// <param name="ticket">Its ticket.</param>
    /// <param name="assets">Ids of the ticket's asset and of those above it.</param>
    /// <param name="nowMs">Wall time, Unix ms.</param>
    /// <param name="together">Notices of the same go into one message a channel, unless the route gathers them by itself; null: alone.</param>
    public IReadOnlyList<Delivery> Of(PendingNotice notice, TicketView ticket, IReadOnlyList<string> assets, long nowMs, string? together = null)
    {
        var local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(nowMs), zone).DateTime;
        var planned = new List<Delivery>();
        for (var i = 0; i < options.Routes.Count; i++)
        {
            var route = options.Routes[i];
            if (!route.Takes(notice.Kind, (ticket.Severity, ticket.Site, ticket.Category), assets, local)) continue;
            foreach (var channel in route.To)
            {
                if (planned.Any(d => d.Channel == channel)) continue;
                var (due, held) = Due(route, ticket, local, nowMs);
                var repeat = notice.Kind is NoticeKind.Opened or NoticeKind.Reopened ? route.Repeat.Select(r => (int)r.TotalSeconds).ToArray() : [];
                planned.Add(new Delivery(
                    string.Create(CultureInfo.InvariantCulture, $"n{notice.Id}-{channel}"), notice.Ticket, notice.Kind, channel, route.Language, DeliveryState.Pending, 0, notice.AtMs, nowMs, due, due,
                    held ? string.Create(CultureInfo.InvariantCulture, $"d{i}-{channel}-{due}") : together is null ? null : $"{together}-{channel}", 0, repeat));
            }
        }
        return planned;
    }

    /// <summary>The reminder that follows a delivery that was sent; null when there is none.</summary>
    public static Delivery? Next(Delivery sent, long nowMs)
    {
        if (sent.Repeat is not { Count: > 0 } repeat) return null;
        var after = repeat[Math.Min(sent.Reminder, repeat.Count - 1)];
        var number = sent.Reminder + 1;
        var due = nowMs + after * 1000L;
        var stem = sent.Reminder == 0 ? sent.Id : sent.Id[..sent.Id.LastIndexOf("-r", StringComparison.Ordinal)];
        return sent with
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{stem}-r{number}"), State = DeliveryState.Pending, Attempts = 0, CreatedMs = nowMs, FirstDueMs = due, DueMs = due, Gather = null, Reminder = number, SentMs = null, Error = null,
        };
    }

    /// <summary>True while nobody has taken the ticket nor seen its alarm: only then is there something to remind of.</summary>
    public static bool NeedsReminder(TicketView ticket) =>
        ticket.State is TicketState.Open or TicketState.Dispatched or TicketState.Reopened && !ticket.Alarms.Any(a => a is { State: AlarmState.Active, AcknowledgedAt: not null });

    private (long DueMs, bool Held) Due(NotifyRoute route, TicketView ticket, DateTime local, long nowMs)
    {
        if (route.Quiet is { } quiet && ticket.Severity >= route.QuietFrom && quiet.Contain(local)) return (Utc(quiet.End(local)), true);
        if (route.Digest is not { } digest) return (nowMs, false);
        // Buckets stand in the clock, not in the first notice: a restart in between finds the same one.
        var span = (long)digest.TotalMilliseconds;
        return ((nowMs / span + 1) * span, true);
    }

    private long Utc(DateTime local)
    {
        // A clock that is put forward has no such time: an hour later it is past it.
        if (zone.IsInvalidTime(local)) local = local.AddHours(1);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUnixTimeMilliseconds();
    }
}
