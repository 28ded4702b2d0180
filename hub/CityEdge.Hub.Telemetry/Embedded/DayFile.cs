namespace CityEdge.Hub.Telemetry;

/// <summary>
/// The writing side of one <see cref="Partition"/>: chunks by (series, first time), and late rows that wait to be folded in. Every change is inside
/// <see cref="SqlFile.InTransaction"/>.
/// </summary>
internal sealed class DayFile : SqlFile
{
    private const int Bits = Partition.OffsetBits;

    private const string Tables = """
        CREATE TABLE chunk (key INTEGER PRIMARY KEY, last INTEGER NOT NULL, body BLOB NOT NULL);
        CREATE TABLE late (key INTEGER PRIMARY KEY, body BLOB NOT NULL)
        """;

    public DayFile(Partition partition) : base(partition.Path, readOnly: false, cacheKilobytes: 16384)
    {
        Partition = partition;
        try
        {
            Prepare(Tables, 2);
        }
        catch
        {
            Dispose();
            throw;
        }
        partition.Exists = true;
    }

    public Partition Partition { get; }

    /// <summary>A stored chunk. <paramref name="Last"/>: time of its last row, Unix ms.</summary>
    public readonly record struct Stored(long First, long Last, byte[] Body);

    /// <summary>The newest chunk of a series that begins at or before a time and ends at or after another; null when there is none.</summary>
    public Stored? Overlapping(long series, long firstMs, long lastMs)
    {
        var statement = this["SELECT key, last, body FROM chunk WHERE key<=?1 AND key>=?2 ORDER BY key DESC LIMIT 1"].Bind(1, Partition.Key(series, Math.Min(lastMs, Partition.EndMs - 1))).Bind(2, series << Bits);
        Stored? found = null;
        if (statement.Step() && Partition.StartMs + statement.Long(1) >= firstMs) found = new Stored(Partition.TimeOf(statement.Long(0)), Partition.StartMs + statement.Long(1), statement.Blob(2).ToArray());
        statement.Reset();
        return found;
    }

    /// <summary>Begin of the first chunk after a time; the end of the file when there is none.</summary>
    public long NextChunk(long series, long timeMs)
    {
        var statement = this["SELECT key FROM chunk WHERE key>?1 AND key<?2 ORDER BY key LIMIT 1"].Bind(1, Partition.Key(series, timeMs)).Bind(2, (series + 1) << Bits);
        var next = statement.Step() ? Partition.TimeOf(statement.Long(0)) : Partition.EndMs;
        statement.Reset();
        return next;
    }

    public void PutChunk(long series, long firstMs, long lastMs, ReadOnlySpan<byte> body) =>
        this["INSERT OR REPLACE INTO chunk VALUES (?, ?, ?)"].Bind(1, Partition.Key(series, firstMs)).Bind(2, lastMs - Partition.StartMs).Bind(3, body).Run();

    public void RemoveChunk(long series, long firstMs) => this["DELETE FROM chunk WHERE key=?"].Bind(1, Partition.Key(series, firstMs)).Run();

    public void PutLate(long series, long timeMs, ReadOnlySpan<byte> body) => this["INSERT OR REPLACE INTO late VALUES (?, ?)"].Bind(1, Partition.Key(series, timeMs)).Bind(2, body).Run();

    public void RemoveLate(long series, long firstMs, long lastMs) =>
        this["DELETE FROM late WHERE key BETWEEN ? AND ?"].Bind(1, Partition.Key(series, firstMs)).Bind(2, Partition.Key(series, lastMs)).Run();

    /// <summary>Late rows after a key, in order of series and time.</summary>
    public List<(long Key, byte[] Body)> LateRows(long afterKey, int limit)
    {
        var statement = this["SELECT key, body FROM late WHERE key>?1 ORDER BY key LIMIT ?2"].Bind(1, afterKey).Bind(2, limit);
        var found = new List<(long, byte[])>();
        while (statement.Step()) found.Add((statement.Long(0), statement.Blob(1).ToArray()));
        return found;
    }

    /// <summary>The first series after one that has rows here; null at the end.</summary>
    public long? NextSeries(long series)
    {
        var from = (series + 1) << Bits;
        var (chunk, late) = (First("SELECT key FROM chunk WHERE key>=? ORDER BY key LIMIT 1", from), First("SELECT key FROM late WHERE key>=? ORDER BY key LIMIT 1", from));
        return chunk is null ? late >> Bits : late is null ? chunk >> Bits : Math.Min(chunk.Value, late.Value) >> Bits;
    }

    private long? First(string sql, long from)
    {
        var statement = this[sql].Bind(1, from);
        long? found = statement.Step() ? statement.Long(0) : null;
        statement.Reset();
        return found;
    }
}
