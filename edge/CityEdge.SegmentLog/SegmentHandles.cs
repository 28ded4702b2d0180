namespace CityEdge.SegmentLog;

/// <summary>Open segment files, at most a few: a journal may have more segments than a process may have files. A closed one is opened again when wanted.</summary>
internal sealed class SegmentHandles(ILogFiles files) : IDisposable
{
    private const int Most = 16;
    private readonly Lock gate = new();
    private readonly Dictionary<Segment, ILogFile> open = [];
    private readonly LinkedList<Segment> order = [];
    private Segment? active;
    private bool disposed;

    public ILogFile Get(Segment segment, bool active = false)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (active) this.active = segment;
            if (open.TryGetValue(segment, out var file)) return file;
            file = files.Open(segment.Path, create: false);
            Keep(segment, file);
            return file;
        }
    }

    public void Adopt(Segment segment, ILogFile file)
    {
        lock (gate)
        {
            active = segment;
            Keep(segment, file);
        }
    }

    public void Forget(Segment segment)
    {
        lock (gate)
        {
            if (!open.Remove(segment, out var file)) return;
            order.Remove(segment);
            file.Dispose();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (var file in open.Values) file.Dispose();
            open.Clear();
            order.Clear();
        }
    }

    private void Keep(Segment segment, ILogFile file)
    {
        open[segment] = file;
        order.AddLast(segment);
        for (var node = order.First; open.Count > Most && node is not null;)
        {
            var next = node.Next;
            if (node.Value != active && node.Value != segment)
            {
                order.Remove(node);
                open.Remove(node.Value, out var old);
                old?.Dispose();
            }
            node = next;
        }
    }
}
