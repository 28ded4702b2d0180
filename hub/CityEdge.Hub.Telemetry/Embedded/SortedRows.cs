namespace CityEdge.Hub.Telemetry;

/// <summary>Putting rows in order of time, the later written winning.</summary>
internal static class SortedRows
{
    /// <summary>Sorts rows given in order of writing, and keeps the last one of each time.</summary>
    public static void Settle(List<StoredReading> rows)
    {
        var ordered = true;
        for (var i = 1; i < rows.Count && ordered; i++) ordered = rows[i - 1].TimeMs < rows[i].TimeMs;
        if (ordered) return;
        var keys = new (long Time, int Index)[rows.Count];
        for (var i = 0; i < keys.Length; i++) keys[i] = (rows[i].TimeMs, i);
        Array.Sort(keys);
        var settled = new List<StoredReading>(rows.Count);
        for (var i = 0; i < keys.Length; i++)
        {
            if (i + 1 < keys.Length && keys[i + 1].Time == keys[i].Time) continue;
            settled.Add(rows[keys[i].Index]);
        }
        rows.Clear();
        rows.AddRange(settled);
    }

    /// <summary>Merges two ascending sequences; of a time in both the newer one's row is taken.</summary>
    public static IEnumerable<StoredReading> Merge(IEnumerable<StoredReading> older, IReadOnlyList<StoredReading> newer)
    {
        var at = 0;
        foreach (var row in older)
        {
            while (at < newer.Count && newer[at].TimeMs < row.TimeMs) yield return newer[at++];
            if (at < newer.Count && newer[at].TimeMs == row.TimeMs) continue;
            yield return row;
        }
        while (at < newer.Count) yield return newer[at++];
    }
}
