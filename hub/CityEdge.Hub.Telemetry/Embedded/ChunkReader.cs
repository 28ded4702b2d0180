using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>The reading side of the embedded store's file: a small pool of read-only connections; each reading sees one consistent state.</summary>
internal sealed class ChunkReader(string path, ILogger? logger) : IDisposable
{
    private const int MaxIdle = 4;
    private readonly ConcurrentBag<Session> idle = [];

    /// <summary>Stored rows of one series with from ≤ t &lt; to, ascending. Chunks that cannot be read are counted, logged and left out.</summary>
    public IEnumerable<StoredReading> Read(long series, long fromMs, long toMs, CancellationToken cancellation)
    {
        var session = Rent();
        try
        {
            var late = new List<StoredReading>();
            using (session.Begin())
            {
                ReadLate(session, series, fromMs, toMs, late);
                var chunks = Chunks(session, series, fromMs, toMs, cancellation);
                foreach (var row in late.Count == 0 ? chunks : SortedRows.Merge(chunks, late)) yield return row;
            }
        }
        finally
        {
            Return(session);
        }
    }

    /// <summary>The newest stored row of one series.</summary>
    public StoredReading? Last(long series)
    {
        var session = Rent();
        try
        {
            using (session.Begin())
            {
                var rows = new List<StoredReading>();
                Take(session.LastLate, series, rows);
                StoredReading? late = rows.Count > 0 ? rows[^1] : null;
                rows.Clear();
                Take(session.LastChunk, series, rows);
                StoredReading? sealedRow = rows.Count > 0 ? rows[^1] : null;
                return late is null || sealedRow?.TimeMs > late.Value.TimeMs ? sealedRow : late;
            }
        }
        finally
        {
            Return(session);
        }
    }

    public void Dispose()
    {
        while (idle.TryTake(out var session)) session.Dispose();
    }

    private IEnumerable<StoredReading> Chunks(Session session, long series, long fromMs, long toMs, CancellationToken cancellation)
    {
        var command = session.Chunks;
        (command.Parameters[0].Value, command.Parameters[1].Value, command.Parameters[2].Value) = (series, fromMs, toMs);
        using var row = command.ExecuteReader();
        var rows = new List<StoredReading>();
        while (row.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            rows.Clear();
            Decode(row.GetFieldValue<byte[]>(1), series, row.GetInt64(0), rows);
            for (var i = 0; i < rows.Count; i++)
            {
                if (rows[i].TimeMs >= fromMs && rows[i].TimeMs < toMs) yield return rows[i];
            }
        }
    }

    private void ReadLate(Session session, long series, long fromMs, long toMs, List<StoredReading> into)
    {
        var command = session.Late;
        (command.Parameters[0].Value, command.Parameters[1].Value, command.Parameters[2].Value) = (series, fromMs, toMs);
        using var row = command.ExecuteReader();
        while (row.Read()) Decode(row.GetFieldValue<byte[]>(1), series, row.GetInt64(0), into);
    }

    private void Take(SqliteCommand command, long series, List<StoredReading> into)
    {
        command.Parameters[0].Value = series;
        using var row = command.ExecuteReader();
        if (row.Read()) Decode(row.GetFieldValue<byte[]>(1), series, row.GetInt64(0), into);
    }

    private void Decode(byte[] body, long series, long time, List<StoredReading> into)
    {
        if (ChunkDecoder.TryDecode(body, into, out var error)) return;
        TelemetryMetrics.Corrupt.Add(1);
        logger?.LogError("Telemetry chunk of series {Series} at {TimeMs} in {Path} cannot be read and is left out: {Error}. Restore the file from a backup to get it back.", series, time, path, error);
    }

    private Session Rent() => idle.TryTake(out var session) ? session : new Session(path);

    private void Return(Session session)
    {
        if (idle.Count < MaxIdle) idle.Add(session);
        else session.Dispose();
    }

    private sealed class Session : IDisposable
    {
        private readonly SqliteConnection connection;

        public Session(string path)
        {
            connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            // Chunks of a series do not overlap: the first one wanted is the last that begins at or before `from`.
            Chunks = Command("""
                SELECT t0, body FROM chunk WHERE series_id=$a AND t0>=coalesce((SELECT max(t0) FROM chunk WHERE series_id=$a AND t0<=$b), $b) AND t0<$c ORDER BY t0
                """, 3);
            Late = Command("SELECT t, body FROM late WHERE series_id=$a AND t>=$b AND t<$c ORDER BY t", 3);
            LastChunk = Command("SELECT t0, body FROM chunk WHERE series_id=$a ORDER BY t0 DESC LIMIT 1", 1);
            LastLate = Command("SELECT t, body FROM late WHERE series_id=$a ORDER BY t DESC LIMIT 1", 1);
        }

        public SqliteCommand Chunks { get; }

        public SqliteCommand Late { get; }

        public SqliteCommand LastChunk { get; }

        public SqliteCommand LastLate { get; }

        public SqliteTransaction Begin()
        {
            var transaction = connection.BeginTransaction(deferred: true);
            foreach (var command in (ReadOnlySpan<SqliteCommand>)[Chunks, Late, LastChunk, LastLate]) command.Transaction = transaction;
            return transaction;
        }

        public void Dispose()
        {
            foreach (var command in (ReadOnlySpan<SqliteCommand>)[Chunks, Late, LastChunk, LastLate]) command.Dispose();
            connection.Dispose();
        }

        private SqliteCommand Command(string sql, int parameters)
        {
            var command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < parameters; i++) command.Parameters.Add(new SqliteParameter("$" + (char)('a' + i), null));
            return command;
        }
    }
}
