using CityEdge.Contracts;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Telemetry in InfluxDB (design §5 "Telemetry in InfluxDB"). A call to <see cref="WriteAsync"/> becomes one request, or several of 5 000 lines or 1 MiB; two may be
/// under way. There is no queue behind them: while both are, the caller waits and rows gather in the journal. A failed request is kept and goes first
/// at the next call. Nothing is ever given up: the server's absence is <see cref="TelemetryUnavailableException"/>, refused lines are dead letters. After an answer that only people can
/// mend (401, 403, 404, another dialect, times in another unit) the sink has stopped: until a probe point goes in and comes back, nothing else is sent.
/// With VictoriaMetrics there <see cref="DurablePosition"/> stays a minute behind, also after <see cref="FlushAsync"/>, and texts are refused.
/// </summary>
public sealed class InfluxTelemetryStore : ITelemetryStore
{
    private const int InFlight = 2;
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly CancellationTokenSource life = new();
    private readonly InfluxConnection connection;
    private readonly BatchSender sender;
    private readonly InfluxQueries queries;
    private readonly VictoriaQueries victoria;
    private readonly PositionLag lag;
    private readonly LineEncoder encoder;
    private readonly PositionFile file;
    private readonly TimeProvider time;
    private readonly Queue<InfluxBatch> underWay = new();
    private readonly Stack<InfluxBatch> free = new([.. Enumerable.Range(0, InFlight).Select(_ => new InfluxBatch())]);
    private long batches;
    private long given;
    private long stored;
    private long saved;
    private long savedAt;
    private readonly bool identifies;
    private bool cutShort;
    private bool disposed;

    /// <summary>
    /// Does not contact the server yet. <paramref name="deadLetters"/> is awaited before the position moves past a refused line; the same line gives the
    /// same id. Throws <see cref="ArgumentException"/> for an address or version that cannot be.
    /// </summary>
    public InfluxTelemetryStore(InfluxOptions options, TimeProvider time, Func<DeadLetter, CancellationToken, ValueTask>? deadLetters = null, ILogger? logger = null, HttpMessageHandler? handler = null, TimeProvider? wall = null)
    {
        this.time = time;
        connection = new InfluxConnection(options, logger, handler, wall);
        sender = new BatchSender(connection, time, deadLetters);
        queries = new InfluxQueries(connection);
        victoria = new VictoriaQueries(connection);
        identifies = options.Version == 2;
        encoder = new LineEncoder(options.MaxLines, options.MaxBytes);
        file = new PositionFile(options.Directory is null ? null : Path.Combine(Directory.CreateDirectory(options.Directory).FullName, "influx.position"));
        given = stored = saved = file.Load();
        savedAt = time.GetTimestamp();
        lag = new PositionLag(time, saved);
    }

    /// <inheritdoc />
    public long DurablePosition => Volatile.Read(ref saved);

    /// <inheritdoc />
    public async ValueTask WriteAsync(IReadOnlyList<TelemetryRow> rows, long nextPosition, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            await ReadyAsync(cancellation).ConfigureAwait(false);
            encoder.NumbersOnly = connection.IsVictoria;
            var next = 0;
            // After a call that failed midway the encoder no longer knows what is under way: the first batch waits for all of it.
            var careful = cutShort;
            cutShort = true;
            do
            {
                await SettleAsync(underWayAtMost: InFlight - 1, cancellation).ConfigureAwait(false);
                var batch = free.Peek();
                batch.Begin(batches++, given);
                next = encoder.Fill(batch, rows, next);
                if (next == rows.Count) batch.NextPosition = Math.Max(given, nextPosition);
                if (batch.AfterPrevious || careful) await SettleAsync(underWayAtMost: 0, cancellation).ConfigureAwait(false);
                underWay.Enqueue(free.Pop());
                batch.Sending = sender.SendAsync(batch, life.Token);
                careful = false;
            }
            while (next < rows.Count);
            cutShort = false;
            given = Math.Max(given, nextPosition);
            TelemetryMetrics.Rows.Add(rows.Count, TelemetryMetrics.Store("influx"));
            Save(force: false);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            Reap();
            if (underWay.Count > 0) await ReadyAsync(cancellation).ConfigureAwait(false);
            await SettleAsync(underWayAtMost: 0, cancellation).ConfigureAwait(false);
            Save(force: true);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>As <see cref="FlushAsync"/>; nothing while the sink has stopped: how often it looks is the consumer's.</summary>
    public ValueTask MaintainAsync(long nowMs, CancellationToken cancellation) => connection.Stopped ? ValueTask.CompletedTask : FlushAsync(cancellation);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<StoredReading>> ReadAsync(PointId point, PointKind kind, long fromMs, long toMs, int limit, CancellationToken cancellation) =>
        await (await ReaderAsync(cancellation).ConfigureAwait(false)).ReadAsync(point, kind, fromMs, toMs, limit, cancellation).ConfigureAwait(false);

    /// <inheritdoc />
    public async ValueTask<IReadOnlyList<StoredReading>> AggregateAsync(PointId point, PointKind kind, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, CancellationToken cancellation) =>
        await (await ReaderAsync(cancellation).ConfigureAwait(false)).AggregateAsync(point, kind, fromMs, toMs, every, function, zone, cancellation).ConfigureAwait(false);

    /// <inheritdoc />
    public async ValueTask<StoredReading?> LastAsync(PointId point, PointKind kind, CancellationToken cancellation) =>
        await (await ReaderAsync(cancellation).ConfigureAwait(false)).LastAsync(point, kind, cancellation).ConfigureAwait(false);

    /// <summary>Waits up to 5 s for what is under way; the rest is in the journal.</summary>
    public async ValueTask DisposeAsync()
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (disposed) return;
            disposed = true;
            try
            {
                await Task.WhenAll(underWay.Select(b => b.Sending)).WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
                Save(force: true);
            }
            catch (Exception error) when (error is TelemetryUnavailableException or TimeoutException)
            {
                // The position stays below what is not stored; the next start feeds it again.
                await life.CancelAsync().ConfigureAwait(false);
            }
            connection.Dispose();
            life.Dispose();
        }
        finally
        {
            gate.Release();
        }
    }

    private async ValueTask<IInfluxReader> ReaderAsync(CancellationToken cancellation)
    {
        if (!identifies) return queries;
        await connection.IdentifyAsync(cancellation).ConfigureAwait(false);
        return connection.IsVictoria ? victoria : queries;
    }

    /// <summary>
    /// Waits until few enough requests are under way. The failure of a request is thrown once, so that the caller waits as long as the server asked; at the next call the request
    /// is sent again.
    /// </summary>
    private async Task SettleAsync(int underWayAtMost, CancellationToken cancellation)
    {
        Reap();
        while (underWay.Count > underWayAtMost || (underWay.Count > 0 && underWay.Peek().Sending.IsCompleted))
        {
            var oldest = underWay.Peek();
            if (oldest.IsFailed && oldest.FailureTold)
            {
                oldest.FailureTold = false;
                oldest.Sending = sender.SendAsync(oldest, life.Token);
            }
            try
            {
                await oldest.Sending.WaitAsync(cancellation).ConfigureAwait(false);
            }
            finally
            {
                FailuresAreTold();
            }
            Reap();
        }
    }

    /// <summary>What failed together is told once.</summary>
    private void FailuresAreTold()
    {
        foreach (var batch in underWay) batch.FailureTold |= batch.IsFailed;
    }

    /// <summary>Before anything is sent. What failed at a server that was not ready is no news any more when it is.</summary>
    private async Task ReadyAsync(CancellationToken cancellation)
    {
        if (connection.IsReady) return;
        var news = underWay.FirstOrDefault(b => b.IsFailed && !b.FailureTold);
        FailuresAreTold();
        if (news is not null) await news.Sending.ConfigureAwait(false);
        await connection.ReadyAsync(cancellation).ConfigureAwait(false);
        FailuresAreTold();
    }

    /// <summary>Only a gapless run of finished batches moves the position.</summary>
    private void Reap()
    {
        while (underWay.Count > 0 && underWay.Peek().Sending.IsCompletedSuccessfully)
        {
            var batch = underWay.Dequeue();
            stored = Math.Max(stored, batch.NextPosition);
            free.Push(batch);
        }
    }

    private void Save(bool force)
    {
        Reap();
        var safe = connection.IsVictoria ? lag.Settle(stored) : stored;
        if (safe == saved || (!force && time.GetElapsedTime(savedAt) < TimeSpan.FromSeconds(1))) return;
        file.Save(safe);
        Volatile.Write(ref saved, safe);
        savedAt = time.GetTimestamp();
    }
}
