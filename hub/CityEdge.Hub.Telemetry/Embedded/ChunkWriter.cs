using CityEdge.Contracts;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Telemetry;

/// <summary>The writing side of the embedded store's file. One thread at a time; every change is inside <see cref="InTransaction"/>.</summary>
internal sealed class ChunkWriter : IDisposable
{
    private readonly SqliteConnection connection;
    private readonly Dictionary<string, SqliteCommand> commands = [];
    private SqliteTransaction? transaction;

    public ChunkWriter(string path) => connection = ChunkSchema.OpenForWriting(path);

    public long Position => ChunkSchema.Number(connection, "SELECT value FROM meta WHERE key='position'");

    /// <summary>Number of the last save of heads.</summary>
    public long LastSave => ChunkSchema.Number(connection, "SELECT value FROM meta WHERE key='save'");

    public void InTransaction(Action work)
    {
        using var begun = connection.BeginTransaction();
        transaction = begun;
        try
        {
            work();
            begun.Commit();
        }
        finally
        {
            transaction = null;
        }
    }

    /// <summary>All series, with what is known of their newest chunk.</summary>
    public IEnumerable<Series> LoadSeries()
    {
        using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT id, site, device, point, kind,
                (SELECT t1 FROM chunk WHERE series_id = id ORDER BY t0 DESC LIMIT 1), (SELECT position FROM chunk WHERE series_id = id ORDER BY t0 DESC LIMIT 1),
                (SELECT max(t) FROM late WHERE series_id = id), (SELECT save FROM chunk WHERE series_id = id ORDER BY t0 DESC LIMIT 1) FROM series
            """;
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            if (!KindNames.TryParse(row.GetString(4), out var kind)) throw new InvalidDataException($"telemetry store: series {row.GetInt64(0)} has the unknown kind '{row.GetString(4)}'; run the newer program that wrote it.");
            yield return new Series(row.GetInt64(0), new PointId(row.GetString(1), row.GetString(2), row.GetString(3)), kind)
            {
                SealedThrough = Math.Max(row.IsDBNull(5) ? long.MinValue : row.GetInt64(5), row.IsDBNull(7) ? long.MinValue : row.GetInt64(7)),
                SealedPosition = row.IsDBNull(6) ? -1 : row.GetInt64(6),
                SealedSave = row.IsDBNull(8) ? -1 : row.GetInt64(8),
            };
        }
    }

    public IEnumerable<(long Save, byte[] Body)> LoadSegments()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT save, body FROM head_segment ORDER BY id";
        using var row = command.ExecuteReader();
        while (row.Read()) yield return (row.GetInt64(0), row.GetFieldValue<byte[]>(1));
    }

    public void AddSeries(Series series) => Execute("INSERT INTO series VALUES ($a, $b, $c, $d, $e)",
        series.Id, series.Point.Site, series.Point.Device, series.Point.Name, KindNames.Name(series.Kind));

    public void AddChunk(long series, PendingChunk chunk) => Execute("INSERT INTO chunk VALUES ($a, $b, $c, $d, $e, $f, $g)",
        series, chunk.First, chunk.Last, chunk.Rows, chunk.Position, chunk.Save, chunk.Body);

    public void RemoveChunk(long series, long first) => Execute("DELETE FROM chunk WHERE series_id=$a AND t0=$b", series, first);

    public void PutLate(long series, long time, byte[] body) => Execute("INSERT OR REPLACE INTO late VALUES ($a, $b, $c)", series, time, body);

    public void RemoveLate(long series, long first, long last) => Execute("DELETE FROM late WHERE series_id=$a AND t BETWEEN $b AND $c", series, first, last);

    public void ClearSegments() => Execute("DELETE FROM head_segment");

    public void AddSegment(long save, byte[] body) => Execute("INSERT INTO head_segment (save, body) VALUES ($a, $b)", save, body);

    public void SetPosition(long position, long save)
    {
        Execute("UPDATE meta SET value=$a WHERE key='position'", position);
        Execute("UPDATE meta SET value=$a WHERE key='save'", save);
    }

    /// <summary>Drops what ended before a time; returns the number of chunks.</summary>
    public int Expire(long series, long beforeMs)
    {
        Execute("DELETE FROM late WHERE series_id=$a AND t<$b", series, beforeMs);
        return Execute("DELETE FROM chunk WHERE series_id=$a AND t0<$b AND t1<$b", series, beforeMs);
    }

    public IReadOnlyList<long> SeriesWithLateRows()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT DISTINCT series_id FROM late";
        using var row = command.ExecuteReader();
        var found = new List<long>();
        while (row.Read()) found.Add(row.GetInt64(0));
        return found;
    }

    /// <summary>Late rows of one series in ascending time, starting after a time, each as (time, body).</summary>
    public IReadOnlyList<(long Time, byte[] Body)> LateRows(long series, long afterMs, int limit)
    {
        var command = Command("SELECT t, body FROM late WHERE series_id=$a AND t>$b ORDER BY t LIMIT $c", series, afterMs, limit);
        using var row = command.ExecuteReader();
        var found = new List<(long, byte[])>();
        while (row.Read()) found.Add((row.GetInt64(0), row.GetFieldValue<byte[]>(1)));
        return found;
    }

    /// <summary>The chunk that begins at or before a time, or null.</summary>
    public PendingChunk? ChunkAt(long series, long time)
    {
        var command = Command("SELECT t0, t1, n, position, save, body FROM chunk WHERE series_id=$a AND t0<=$b ORDER BY t0 DESC LIMIT 1", series, time);
        using var row = command.ExecuteReader();
        return row.Read() ? new PendingChunk(row.GetInt64(0), row.GetInt64(1), row.GetInt32(2), row.GetInt64(3), row.GetInt64(4), row.GetFieldValue<byte[]>(5)) : null;
    }

    /// <summary>Begin of the first chunk after a time; <see cref="long.MaxValue"/> when there is none.</summary>
    public long NextChunk(long series, long time)
    {
        var command = Command("SELECT min(t0) FROM chunk WHERE series_id=$a AND t0>$b", series, time);
        return command.ExecuteScalar() is long next ? next : long.MaxValue;
    }

    /// <summary>Gives pages back to the file system when more than a quarter of the file is free.</summary>
    public void Shrink()
    {
        if (ChunkSchema.Number(connection, "PRAGMA freelist_count") * 4 > ChunkSchema.Number(connection, "PRAGMA page_count")) ChunkSchema.Run(connection, "PRAGMA incremental_vacuum(2000)");
    }

    public void Dispose()
    {
        foreach (var command in commands.Values) command.Dispose();
        connection.Dispose();
    }

    private int Execute(string sql, params ReadOnlySpan<object> values) => Command(sql, values).ExecuteNonQuery();

    private SqliteCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        if (!commands.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++) command.Parameters.Add(new SqliteParameter("$" + (char)('a' + i), null));
            commands[sql] = command;
        }
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        command.Transaction = transaction;
        return command;
    }
}
