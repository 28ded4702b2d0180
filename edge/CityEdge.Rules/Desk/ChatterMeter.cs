using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Whether an alarm chatters: three activations of its rule on its point within a minute, or six within five (event time). Of 4096 keys, those that activated last, it knows the last six activations.</summary>
internal sealed class ChatterMeter
{
    private const int MaxKeys = 4096;
    private const int Kept = 6;
    private const long MinuteMs = 60_000;
    private readonly LinkedList<Entry> order = new();
    private readonly Dictionary<(string Rule, PointId Point, bool NoData), LinkedListNode<Entry>> entries = [];

    /// <summary>An alarm is raised; true when it chatters.</summary>
    public bool Note(AlarmTransition raised)
    {
        var key = (raised.Rule, raised.Point, raised.NoData);
        if (entries.TryGetValue(key, out var node)) order.Remove(node);
        else
        {
            entries[key] = node = new LinkedListNode<Entry>(new Entry(key, []));
            if (entries.Count > MaxKeys)
            {
                entries.Remove(order.First!.Value.Key);
                order.RemoveFirst();
            }
        }
        order.AddLast(node);
        var times = node.Value.Times;
        times.Add(raised.RaisedAtMs);
        if (times.Count > Kept) times.RemoveAt(0);
        return (times.Count >= 3 && times[^1] - times[^3] < MinuteMs) || (times.Count == Kept && times[^1] - times[0] < 5 * MinuteMs);
    }

    public void Save(SnapshotWriter writer)
    {
        writer.Int(order.Count);
        foreach (var (key, times) in order)
        {
            writer.Text(key.Rule);
            writer.Text(key.Point.ToString());
            writer.Bool(key.NoData);
            writer.Int(times.Count);
            foreach (var time in times) writer.Long(time);
        }
    }

    public void Load(ref SnapshotReader reader)
    {
        for (var count = reader.Count(13); count > 0 && !reader.Failed; count--)
        {
            var rule = reader.Text();
            if (!PointId.TryParse(reader.Text(), out var point)) return;
            var entry = new Entry((rule, point, reader.Bool()), []);
            for (var times = reader.Count(8); times > 0; times--) entry.Times.Add(reader.Long());
            entries[entry.Key] = order.AddLast(entry);
        }
    }

    private sealed record Entry((string Rule, PointId Point, bool NoData) Key, List<long> Times);
}
