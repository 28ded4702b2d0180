namespace CityEdge.Rules;

/// <summary>A binary heap of points by (wall due, point id), each knowing its place; the id decides ties, so that the order does not depend on who was announced first.</summary>
internal sealed class PointQueue
{
    private readonly List<PointState> heap = [];

    public PointState? First => heap.Count == 0 ? null : heap[0];

    public long FirstKey => heap.Count == 0 ? long.MaxValue : heap[0].QueueKey;

    /// <summary>Moves the point to its new key; <see cref="long.MaxValue"/> takes it out.</summary>
    public void Set(PointState point, long key)
    {
        if (key == long.MaxValue)
        {
            Remove(point);
            return;
        }
        if (point.QueueIndex < 0)
        {
            point.QueueKey = key;
            point.QueueIndex = heap.Count;
            heap.Add(point);
            Up(point.QueueIndex);
            return;
        }
        var earlier = key < point.QueueKey;
        point.QueueKey = key;
        if (earlier) Up(point.QueueIndex);
        else Down(point.QueueIndex);
    }

    /// <summary>Hot path: only an earlier key moves the point now; a later one waits until the point comes up.</summary>
    public void Lower(PointState point, long key)
    {
        if (point.QueueIndex < 0 || key < point.QueueKey) Set(point, key);
    }

    public void Remove(PointState point)
    {
        var index = point.QueueIndex;
        if (index < 0) return;
        point.QueueIndex = -1;
        var last = heap[^1];
        heap.RemoveAt(heap.Count - 1);
        if (last == point) return;
        heap[index] = last;
        last.QueueIndex = index;
        Up(index);
        Down(last.QueueIndex);
    }

    private static bool Before(PointState a, PointState b) => a.QueueKey < b.QueueKey || (a.QueueKey == b.QueueKey && string.CompareOrdinal(a.Key, b.Key) < 0);

    private void Up(int index)
    {
        var moving = heap[index];
        while (index > 0)
        {
            var parent = (index - 1) / 2;
            if (!Before(moving, heap[parent])) break;
            Place(heap[parent], index);
            index = parent;
        }
        Place(moving, index);
    }

    private void Down(int index)
    {
        var moving = heap[index];
        while (true)
        {
            var child = index * 2 + 1;
            if (child >= heap.Count) break;
            if (child + 1 < heap.Count && Before(heap[child + 1], heap[child])) child++;
            if (!Before(heap[child], moving)) break;
            Place(heap[child], index);
            index = child;
        }
        Place(moving, index);
    }

    private void Place(PointState point, int index)
    {
        heap[index] = point;
        point.QueueIndex = index;
    }
}
