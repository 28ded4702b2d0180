using CityEdge.Hub.Ingest;

namespace CityEdge.Hub.Upstream;

/// <summary>What went over the link to the other broker since the hub started; shown on <c>/metrics</c> as <c>cityedge_upstream_…</c>.</summary>
public sealed class UpstreamCounters
{
    private long taken;
    private long acknowledged;
    private long repeated;
    private long published;
    private long refused;
    private long expired;
    private long connections;

    /// <summary>A message was journaled; <paramref name="repeat"/>: it came with DUP.</summary>
    public void Taken(bool repeat)
    {
        Interlocked.Increment(ref taken);
        if (repeat) Interlocked.Increment(ref repeated);
    }

    public void Acknowledged(int count) => Interlocked.Add(ref acknowledged, count);

    public void Published() => Interlocked.Increment(ref published);

    public void Refused() => Interlocked.Increment(ref refused);

    public void Expired() => Interlocked.Increment(ref expired);

    public void Connected() => Interlocked.Increment(ref connections);

    /// <summary>Shows them, and what the link says of itself.</summary>
    public void Register(HubMetrics metrics, UpstreamLink link)
    {
        metrics.Gauge("cityedge.upstream.connected", "1 while the hub is connected to the broker of --upstream and subscribed.", () => link.Problem is null ? 1 : 0);
        metrics.Gauge("cityedge.upstream.connections", "Connections to the broker of --upstream since the hub started.", () => Volatile.Read(ref connections));
        metrics.Gauge("cityedge.upstream.backlog.bytes", "Journal bytes not yet looked at for, or acknowledged by, the broker of --upstream.", () => link.BacklogBytes);
        metrics.Gauges("cityedge.upstream.messages", "Messages by what became of them: in (repeated: with DUP), out.", "state", () =>
        [
            ("taken", Volatile.Read(ref taken)), ("acknowledged", Volatile.Read(ref acknowledged)), ("repeated", Volatile.Read(ref repeated)),
            ("published", Volatile.Read(ref published)), ("refused", Volatile.Read(ref refused)), ("expired", Volatile.Read(ref expired)),
        ]);
    }
}
