namespace CityEdge.Rules;

/// <summary>
/// The recent events of one subject as one rule needs them: when each was, a hash of its identity, and the numbers of the data fields that the rule's conditions name; in the order of time, then hash, in
/// whatever order they came. Bounded by what the rule asks for, at most <see cref="MaxCount"/>.
/// </summary>
internal sealed class EventHistory(int slots, long keepMs, int least)
{
    public const int MaxCount = 1024;

    private long[] times = new long[4];
    private ulong[] hashes = new ulong[4];
    private double[] values = new double[4 * slots];
    private int head;
    private int total;

    public int Slots => slots;

    /// <summary>Newest events that are not looked at: a replay has not come to them yet.</summary>
    public int Unseen { get; set; }

    public int Count => total - Unseen;

    /// <summary>Time of the event <paramref name="back"/> places before the last, which is 0.</summary>
    public long TimeOf(int back) => times[Place(back + Unseen)];

    public ulong HashOf(int back) => hashes[Place(back + Unseen)];

    /// <summary>NaN where there is no such event.</summary>
    public double Value(int back, int slot) => back < Count ? values[Place(back + Unseen) * slots + slot] : double.NaN;

    public bool Knows(ulong hash) => hashes.AsSpan().Contains(hash) && IndexOf(hash) >= 0;

    public bool IsAfterLast(long timeMs, ulong hash) => Count == 0 || Compare(timeMs, hash, TimeOf(0), HashOf(0)) > 0;

    /// <summary>Puts an event where it belongs, and lets go of old ones, but for the newest <paramref name="pending"/>. <paramref name="row"/> has one number a slot.</summary>
    public void Insert(long timeMs, ulong hash, ReadOnlySpan<double> row, int pending)
    {
        while (total > Math.Max(least, pending) && (total == MaxCount || times[head] <= TimeOf(0) - keepMs)) RemoveFirst();
        if (total == times.Length) Grow();
        total++;
        var back = 0;
        for (; back + 1 < total && Compare(timeMs, hash, times[Place(back + 1)], hashes[Place(back + 1)]) < 0; back++)
        {
            var (to, from) = (Place(back), Place(back + 1));
            (times[to], hashes[to]) = (times[from], hashes[from]);
            values.AsSpan(from * slots, slots).CopyTo(values.AsSpan(to * slots, slots));
        }
        var place = Place(back);
        (times[place], hashes[place]) = (timeMs, hash);
        row.CopyTo(values.AsSpan(place * slots, slots));
    }

    /// <summary>Events after <paramref name="startMs"/>.</summary>
    public int CountSince(long startMs)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (TimeOf(middle) > startMs) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    private int IndexOf(ulong hash)
    {
        for (var back = 0; back < total; back++)
        {
            if (hashes[Place(back)] == hash) return back;
        }
        return -1;
    }

    private static int Compare(long timeA, ulong hashA, long timeB, ulong hashB) => timeA != timeB ? timeA.CompareTo(timeB) : hashA.CompareTo(hashB);

    private int Place(int back) => (head + total - 1 - back) & (times.Length - 1);

    private void RemoveFirst()
    {
        head = (head + 1) & (times.Length - 1);
        total--;
    }

    private void Grow()
    {
        var (size, from) = (times.Length, head);
        var (olderTimes, olderHashes, olderValues) = (times, hashes, values);
        (times, hashes, values, head) = (new long[size * 2], new ulong[size * 2], new double[size * 2 * slots], 0);
        for (var i = 0; i < total; i++)
        {
            var place = (from + i) & (size - 1);
            (times[i], hashes[i]) = (olderTimes[place], olderHashes[place]);
            olderValues.AsSpan(place * slots, slots).CopyTo(values.AsSpan(i * slots));
        }
    }
}
