using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using CityEdge.Contracts;
using CityEdge.Hub.Api;

namespace CityEdge.Hub.Live;

/// <summary>
/// The stream behind <c>GET /api/v1/live</c>. Alarm, ticket and device events are all kept, the newest <see cref="Kept"/> of them for resuming by
/// <c>Last-Event-ID</c>; readings are coalesced to the newest per point and <see cref="Interval"/>, because a screen shows no more. A client that
/// does not read is cut off when its queue is full; it resumes.
/// </summary>
public sealed class LiveStream : IAsyncDisposable
{
    public const int Kept = 2048;
    /// <summary>Most clients at a time.</summary>
    public const int MaxClients = 1000;

    private const int QueueLength = 16_384;

    /// <summary>How often readings are sent, real time.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly Queue<LiveEvent> recent = new();
    private readonly List<Channel<LiveEvent>> clients = [];
    private readonly ConcurrentDictionary<PointId, Reading> dirty = new();
    private readonly ITimer timer;
    private long lastId;
    private bool disposed;

    public LiveStream(TimeProvider time)
    {
        // Ids go on growing over a restart, so that a client that resumes is not told old news.
        lastId = time.GetUtcNow().ToUnixTimeMilliseconds() * 1000;
        timer = TimeProvider.System.CreateTimer(_ => SendReadings(), null, Interval, Interval);
    }

    public int Clients
    {
        get { lock (gate) return clients.Count; }
    }

    public void Reading(in Reading reading)
    {
        if (dirty.TryGetValue(reading.Point, out var newest) && newest.TimeMs > reading.TimeMs) return;
        dirty[reading.Point] = reading;
    }

    public void Send(string name, object data) => Send(name, JsonSerializer.Serialize(data, HubJson.Options), keep: true);

    /// <summary>Events after <paramref name="lastEventId"/> as far as they are kept, then those to come. Ends when the client is cut off.</summary>
    public ChannelReader<LiveEvent> Subscribe(long? lastEventId, CancellationToken ct)
    {
        var channel = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(QueueLength) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        lock (gate)
        {
            if (lastEventId is { } last)
            {
                foreach (var kept in recent)
                {
                    if (kept.Id > last) channel.Writer.TryWrite(kept);
                }
            }
            if (disposed) channel.Writer.TryComplete();
            else clients.Add(channel);
        }
        ct.Register(() => Remove(channel));
        return channel.Reader;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await timer.DisposeAsync();
        Channel<LiveEvent>[] all;
        lock (gate)
        {
            disposed = true;
            all = [.. clients];
        }
        foreach (var client in all) Remove(client);
    }

    private void Remove(Channel<LiveEvent> channel)
    {
        lock (gate) clients.Remove(channel);
        channel.Writer.TryComplete();
    }

    private void SendReadings()
    {
        if (dirty.IsEmpty) return;
        if (Clients == 0)
        {
            dirty.Clear();
            return;
        }
        foreach (var id in dirty.Keys)
        {
            if (dirty.TryRemove(id, out var reading)) Send("reading", JsonSerializer.Serialize(ReadingJson.Live(reading), HubJson.Options), keep: false);
        }
    }

    private void Send(string name, string data, bool keep)
    {
        List<Channel<LiveEvent>>? slow = null;
        lock (gate)
        {
            var liveEvent = new LiveEvent(++lastId, name, data);
            if (keep)
            {
                recent.Enqueue(liveEvent);
                if (recent.Count > Kept) recent.Dequeue();
            }
            foreach (var client in clients)
            {
                if (!client.Writer.TryWrite(liveEvent)) (slow ??= []).Add(client);
            }
        }
        foreach (var client in slow ?? []) Remove(client);
    }
}
