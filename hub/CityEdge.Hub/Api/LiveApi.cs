using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Live;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Api;

/// <summary>The live stream, the hub's clock and the console's summary.</summary>
public static class LiveApi
{
    /// <summary>A line at least this often, so that proxies and clients see a live connection; real time.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan ClockEvery = TimeSpan.FromSeconds(5);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/live", (HttpRequest request, LiveStream live, TimeProvider time, HubOptions options, CancellationToken ct) =>
        {
            var header = request.Headers["Last-Event-ID"].ToString();
            long? last = long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
            if (live.Clients >= LiveStream.MaxClients) return Results.Problem($"{LiveStream.MaxClients} clients read the live stream already; close one, or ask the lists instead.", statusCode: 503, title: "Too many clients");
            return (IResult)TypedResults.ServerSentEvents(Stream(live, last, time, options, ct));
        }).WithSummary("Server-sent events reading, alarm, ticket, device, clock; resumable by Last-Event-ID.");
        api.MapGet("/clock", (TimeProvider time, HubOptions options) => Results.Ok(Clock(time, options))).WithSummary("The hub's time, and how fast it runs.");
        api.MapGet("/summary", (HubRegistry registry, HubState state) => Results.Ok(Summary(registry, state.Counts))).WithSummary("Counts for the console's head line.");
    }

    private static object Clock(TimeProvider time, HubOptions options) => new { Now = time.GetUtcNow(), Speed = options.ClockSpeed };

    private static object Summary(HubRegistry registry, RecentTicketCounts recent)
    {
        var counts = recent.Now();
        return new
        {
            DevicesOnline = registry.Devices.Count(d => d.Online),
            Devices = registry.DeviceCount,
            Points = registry.PointCount,
            counts.AlarmsActive,
            counts.TicketsOpen,
            counts.TicketsClosed,
            HandledBeforeComplaint = counts.HandledBeforeComplaint,
        };
    }

    private static async IAsyncEnumerable<SseItem<string>> Stream(LiveStream live, long? last, TimeProvider time, HubOptions options, [EnumeratorCancellation] CancellationToken ct)
    {
        var events = live.Subscribe(last, ct);
        var lastClock = TimeProvider.System.GetTimestamp();
        yield return Text(time, options);
        while (!ct.IsCancellationRequested)
        {
            using var beat = CancellationTokenSource.CreateLinkedTokenSource(ct);
            beat.CancelAfter(Heartbeat);
            bool more;
            try
            {
                more = await events.WaitToReadAsync(beat.Token);
            }
            catch (OperationCanceledException)
            {
                if (ct.IsCancellationRequested) yield break;
                more = true;
            }
            if (!more) yield break;
            while (events.TryRead(out var liveEvent)) yield return new SseItem<string>(liveEvent.Data, liveEvent.Name) { EventId = liveEvent.Id.ToString(CultureInfo.InvariantCulture) };
            // Also while readings flow: a screen's clock follows the hub's, which may run 600 times as fast.
            if (TimeProvider.System.GetElapsedTime(lastClock) < ClockEvery && !beat.IsCancellationRequested) continue;
            lastClock = TimeProvider.System.GetTimestamp();
            yield return Text(time, options);
        }
    }

    private static SseItem<string> Text(TimeProvider time, HubOptions options) => new(System.Text.Json.JsonSerializer.Serialize(Clock(time, options), HubJson.Options), "clock");
}
