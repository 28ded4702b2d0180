using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>The reading side of the day files: read-only connections, each reading one consistent state of its file. Idle ones are kept, the longest unused is closed first.</summary>
internal sealed class DayReaders(int maxIdle, ILogger? logger) : IDisposable
{
    private readonly Lock sync = new();
    private readonly LinkedList<Session> idle = new();
    private readonly Dictionary<Partition, Stack<LinkedListNode<Session>>> byPartition = [];
    private bool disposed;

    /// <summary>A session on a file; dispose it to give it back. Null when the file is gone.</summary>
    public Session? Rent(Partition partition)
    {
        lock (sync)
        {
            if (byPartition.TryGetValue(partition, out var stack) && stack.TryPop(out var node))
            {
                idle.Remove(node);
                if (stack.Count == 0) byPartition.Remove(partition);
                return node.Value;
            }
        }
        try
        {
            return new Session(this, partition, logger);
        }
        catch (Microsoft.Data.Sqlite.SqliteException) when (partition.Removed)
        {
            return null;
        }
    }

    /// <summary>Closes idle sessions of a file that is to go.</summary>
    public void Forget(Partition partition)
    {
        lock (sync)
        {
            if (!byPartition.Remove(partition, out var stack)) return;
            foreach (var node in stack)
            {
                idle.Remove(node);
                node.Value.Close();
            }
        }
    }

    public void Dispose()
    {
        lock (sync)
        {
            disposed = true;
            foreach (var session in idle) session.Close();
            idle.Clear();
            byPartition.Clear();
        }
    }

    private void Return(Session session)
    {
        lock (sync)
        {
            if (disposed || session.Partition.Removed)
            {
                session.Close();
                return;
            }
            var node = idle.AddFirst(session);
            if (!byPartition.TryGetValue(session.Partition, out var stack)) byPartition[session.Partition] = stack = new Stack<LinkedListNode<Session>>();
            stack.Push(node);
            if (idle.Count <= maxIdle) return;
            var oldest = idle.Last!;
            idle.RemoveLast();
            var others = byPartition[oldest.Value.Partition];
            byPartition[oldest.Value.Partition] = new Stack<LinkedListNode<Session>>(others.Where(n => n != oldest).Reverse());
            if (byPartition[oldest.Value.Partition].Count == 0) byPartition.Remove(oldest.Value.Partition);
            oldest.Value.Close();
        }
    }

    /// <summary>One connection to one file.</summary>
    public sealed class Session(DayReaders owner, Partition partition, ILogger? logger) : IDisposable
    {
        private const int Bits = Partition.OffsetBits;

        // Chunks of a series do not overlap: the first one wanted is the last that begins at or before `from`.
        private const string Chunks = "SELECT key, body FROM chunk WHERE key>=coalesce((SELECT max(key) FROM chunk WHERE key BETWEEN ?1 AND ?2), ?2) AND key<?3 ORDER BY key";
        private const string Late = "SELECT key, body FROM late WHERE key>=?1 AND key<?2 ORDER BY key";
        private readonly SqlFile file = new(partition.Path, readOnly: true, cacheKilobytes: 256);

        public Partition Partition => partition;

        /// <summary>What follows reads one state, until <see cref="Dispose"/>.</summary>
        public void Begin() => file["BEGIN"].Run();

        /// <summary>Late rows of a series, ascending.</summary>
        public void ReadLate(long series, long fromMs, long toMs, List<StoredReading> into)
        {
            var (from, to) = Keys(series, fromMs, toMs);
            var statement = file[Late].Bind(1, from).Bind(2, to);
            while (statement.Step())
            {
                if (!ChunkDecoder.TryDecode(statement.Blob(1), into, out var error)) Damaged(statement.Long(0), error);
            }
        }

        /// <summary>Gives chunks of a series to <paramref name="take"/> until it says false. Chunks that cannot be read are counted, logged and left out.</summary>
        public bool ReadChunks(long series, long fromMs, long toMs, ChunkColumns scratch, Func<ChunkColumns, bool> take, CancellationToken cancellation)
        {
            var (from, to) = Keys(series, fromMs, toMs);
            var statement = file[Chunks].Bind(1, series << Bits).Bind(2, from).Bind(3, to);
            try
            {
                while (statement.Step())
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (!ChunkDecoder.TryDecode(statement.Blob(1), scratch, out var error)) Damaged(statement.Long(0), error);
                    else if (!take(scratch)) return false;
                }
                return true;
            }
            finally
            {
                statement.Reset();
            }
        }

        /// <summary>The newest row of a series in chunks and the newest late one; null when there is none.</summary>
        public StoredReading? Last(long series)
        {
            var rows = new List<StoredReading>();
            foreach (var sql in (ReadOnlySpan<string>)["SELECT key, body FROM chunk WHERE key>=?1 AND key<?2 ORDER BY key DESC", "SELECT key, body FROM late WHERE key>=?1 AND key<?2 ORDER BY key DESC"])
            {
                var (statement, before) = (file[sql].Bind(1, series << Bits).Bind(2, (series + 1) << Bits), rows.Count);
                while (rows.Count == before && statement.Step())
                {
                    if (!ChunkDecoder.TryDecode(statement.Blob(1), rows, out var error)) Damaged(statement.Long(0), error);
                }
                statement.Reset();
            }
            SortedRows.Settle(rows);
            return rows.Count > 0 ? rows[^1] : null;
        }

        public void Dispose()
        {
            if (file.InRead) file["COMMIT"].Run();
            owner.Return(this);
        }

        public void Close() => file.Dispose();

        private (long From, long To) Keys(long series, long fromMs, long toMs) =>
            (partition.Key(series, Math.Max(fromMs, partition.StartMs)), partition.Key(series, Math.Min(toMs, partition.EndMs)));

        private void Damaged(long key, string error)
        {
            TelemetryMetrics.Corrupt.Add(1);
            logger?.LogError("Telemetry chunk of series {Series} at {TimeMs} in {Path} cannot be read and is left out: {Error}. Restore the file from a backup to get it back.",
                key >> Bits, partition.TimeOf(key), partition.Path, error);
        }
    }
}
