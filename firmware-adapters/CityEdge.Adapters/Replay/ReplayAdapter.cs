using CityEdge.Contracts;

namespace CityEdge.Adapters.Replay;

/// <summary>
/// Plays a recorded file, CSV or JSON lines, as if its device were here (design §5, <i>Replay</i>). At least once: progress is saved after the sink has stored a batch, and a row sent again has the same time.
/// Bad rows are counted and reported with their line; they never stop the replay.
/// </summary>
public sealed class ReplayAdapter : IAdapter
{
    /// <summary>Most rows in one batch.</summary>
    public const int MaxBatchRows = 500;

    /// <summary>A batch is closed at the row that reaches this many readings.</summary>
    public const int MaxBatchReadings = 2000;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private readonly AdapterContext context;
    private readonly ReplayOptions options;
    private long badRows;

    private ReplayAdapter(string id, AdapterContext context, ReplayOptions options)
    {
        (Id, this.context, this.options) = (id, context, options);
        Points = [.. options.Points.Select(p => p.Point)];
        Health = new AdapterHealth(id, context.OnFault);
    }

    /// <inheritdoc />
    public string Id { get; }

    /// <inheritdoc />
    public string Type => "replay";

    /// <inheritdoc />
    public IReadOnlyList<PointDeclaration> Points { get; }

    /// <inheritdoc />
    public AdapterHealth Health { get; }

    /// <inheritdoc />
    public bool EndsByItself => true;

    /// <inheritdoc />
    public bool Completed { get; private set; }

    /// <summary>Rows and cells that could not be used, since the start.</summary>
    public long BadRows => Interlocked.Read(ref badRows);

    /// <summary>Factory of type <c>replay</c>: <c>file format time time_format zone start speed header separator decimal points[column]</c>.</summary>
    public static IAdapter? Create(string id, AdapterContext context, ConfigNode config) =>
        ReplayKeys.Read(context, config) is { } options ? new ReplayAdapter(id, context, options) : null;

    /// <inheritdoc />
    public async Task RunAsync(IReadingSink sink, CancellationToken cancellation)
    {
        while (!Completed)
        {
            cancellation.ThrowIfCancellationRequested();
            var saved = await context.Progress.LoadAsync(Id, cancellation);
            try
            {
                var progress = ReplayProgress.Load(saved, options);
                if (progress is null && saved is not null) Health.Report($"{Id}: {options.File} or its settings have changed since the last run: it is replayed from its beginning");
                await PlayAsync(sink, progress ?? Begin(), cancellation);
                Completed = true;
                Health.Complete();
            }
            catch (ReplayFileException e)
            {
                Health.Fault($"{Id}: {options.File}: {e.Message}");
                await Task.Delay(RetryAfter, context.Time, cancellation);
            }
        }
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<Reading>> ReadOnceAsync(CancellationToken cancellation)
    {
        using var rows = new ReplayRows(options, Bad);
        var batch = new List<Reading>();
        while (batch.Count == 0 && rows.Next()) rows.AddReadings(context, rows.TimeMs, batch);
        return Task.FromResult<IReadOnlyList<Reading>>(batch);
    }

    private long NowMs => context.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private ReplayProgress Begin()
    {
        var progress = ReplayProgress.Begin(options, NowMs);
        if (options.Start == ReplayStart.Recorded) return progress;
        using var rows = new ReplayRows(options, _ => { }); // what is wrong with them is reported when they are played
        long? anchor = null;
        while (rows.Next())
        {
            anchor = rows.TimeMs;
            if (options.Start == ReplayStart.Now) break;
        }
        return progress with { AnchorMs = anchor };
    }

    private async Task PlayAsync(IReadingSink sink, ReplayProgress progress, CancellationToken cancellation)
    {
        // The first save comes before the first batch: shifted times must be the same ones after a crash within it.
        await context.Progress.SaveAsync(Id, progress.ToJson(), cancellation);
        using var rows = new ReplayRows(options, Bad);
        rows.Skip(progress.Rows);
        var batch = new List<Reading>();
        var more = rows.Next();
        var (wallMs, fileMs) = (NowMs, rows.TimeMs);
        while (true)
        {
            batch.Clear();
            var taken = 0;
            long? due = null;
            var done = rows.Count;
            while (more && taken < MaxBatchRows && batch.Count < MaxBatchReadings)
            {
                due = Due(progress, wallMs, fileMs, rows.TimeMs);
                if (due > NowMs) break;
                rows.AddReadings(context, Stamp(progress, rows.TimeMs), batch);
                taken++;
                due = null;
                done = rows.Count;
                more = rows.Next();
            }
            if (taken > 0 || !more)
            {
                if (batch.Count > 0) await sink.WriteAsync(batch.ToArray(), cancellation);
                Health.Stored(batch.Count);
                progress = progress with { Rows = more ? done : rows.Count };
                await context.Progress.SaveAsync(Id, progress.ToJson(), cancellation);
                if (!more) return;
            }
            if (due is not { } next) continue;
            var wait = TimeSpan.FromMilliseconds(Math.Max(1, next - NowMs));
            await Task.Delay(wait < LongestWait ? wait : LongestWait, context.Time, cancellation);
        }
    }

    private long Stamp(ReplayProgress progress, long recordedMs) => options.Start switch
    {
        ReplayStart.Now => progress.BeganMs + (long)Math.Round((recordedMs - (progress.AnchorMs ?? recordedMs)) / options.Speed!.Value),
        ReplayStart.EndingNow => progress.BeganMs + recordedMs - (progress.AnchorMs ?? recordedMs),
        _ => recordedMs,
    };

    // When a row is sent. A replay that begins now keeps to its own times, also after an interruption; the others go on from where they are.
    private long? Due(ReplayProgress progress, long wallMs, long fileMs, long recordedMs) => options switch
    {
        { Speed: null } => null,
        { Start: ReplayStart.Now } => Stamp(progress, recordedMs),
        _ => wallMs + (long)Math.Round((recordedMs - fileMs) / options.Speed.Value),
    };

    private void Bad(string message)
    {
        Interlocked.Increment(ref badRows);
        Health.Report($"{Id}: {message}");
    }
}
