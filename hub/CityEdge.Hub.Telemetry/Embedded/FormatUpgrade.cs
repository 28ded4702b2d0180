using CityEdge.Contracts;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Converts <c>telemetry.db</c> of the first format, once. The old file goes only when all of it is in the new ones; cut off before that, the conversion is begun
/// again from the start. The catalog says how far it is: <c>converting</c>, then <c>converted</c>, then nothing once the old file is gone.
/// </summary>
internal static class FormatUpgrade
{
    private const string OldName = "telemetry.db";
    private const int Batch = 20_000;
    private const int OldFormat = 1;

    public static void Run(string directory, Func<string, EmbeddedTelemetryStore> open, ILogger? logger)
    {
        var old = Path.Combine(directory, OldName);
        if (!File.Exists(old)) return;
        var state = State(directory);
        if (state == Stage.Whole)
        {
            logger?.LogWarning("{Path}: this file of the first format lies beside a store of the newer one and is left alone. Move it into an empty folder to convert it.", old);
            return;
        }
        if (state != Stage.Converted)
        {
            logger?.LogInformation("{Path}: converting the telemetry store to day files; this is done once and needs about as much free space.", old);
            Clear(directory);
            Mark(directory, "converting", 1);
            Convert(old, directory, open, logger);
            Mark(directory, "converted", 1);
        }
        foreach (var suffix in (ReadOnlySpan<string>)["-shm", "-wal", ""]) File.Delete(old + suffix);
        Mark(directory, "converted", 0);
    }

    private enum Stage
    {
        None,
        Converting,
        Converted,
        Whole,
    }

    private static Stage State(string directory)
    {
        if (!File.Exists(Path.Combine(directory, Catalog.FileName))) return Stage.None;
        using var catalog = new Catalog(Path.Combine(directory, Catalog.FileName));
        return catalog.Meta("converted") == 1 ? Stage.Converted : catalog.Meta("converting") == 1 ? Stage.Converting : Stage.Whole;
    }

    private static void Mark(string directory, string key, long value)
    {
        using var catalog = new Catalog(Path.Combine(directory, Catalog.FileName));
        catalog.InTransaction(() =>
        {
            if (key == "converted") catalog.SetMeta("converting", 0);
            catalog.SetMeta(key, value);
        });
    }

    private static void Clear(string directory)
    {
        foreach (var suffix in (ReadOnlySpan<string>)["-shm", "-wal", ""]) File.Delete(Path.Combine(directory, Catalog.FileName) + suffix);
        foreach (var folder in (ReadOnlySpan<string>)[StoreFiles.DayFolder(directory), StoreFiles.HourFolder(directory)])
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private static void Convert(string old, string directory, Func<string, EmbeddedTelemetryStore> open, ILogger? logger)
    {
        using var source = new SqlFile(old, readOnly: false, cacheKilobytes: 32768);
        var format = source.Number("SELECT value FROM meta WHERE key='format'");
        if (format != OldFormat) throw new InvalidDataException($"{old}: the telemetry store has format {format}, this program converts format {OldFormat}. Run the program that wrote it, or move the file away to begin a new store.");
        var store = open(directory);
        try
        {
            var through = new Dictionary<long, (TelemetryPoint Point, long Through, long Save)>();
            var row = source["SELECT id, site, device, point, kind FROM series"];
            while (row.Step())
            {
                if (!KindNames.TryParse(row.Text(4), out var kind)) throw new InvalidDataException($"{old}: series {row.Long(0)} has the unknown kind '{row.Text(4)}'; run the newer program that wrote it.");
                through[row.Long(0)] = (new TelemetryPoint(new PointId(row.Text(1), row.Text(2), row.Text(3)), kind), long.MinValue, -1);
            }
            var (done, told) = (0, 0);
            foreach (var id in through.Keys.ToList())
            {
                through[id] = CopySeries(source, store, id, through[id].Point, logger);
                if (++done * 10 / through.Count == told) continue;
                told = done * 10 / through.Count;
                logger?.LogInformation("{Path}: {Done} of {All} series converted.", old, done, through.Count);
            }
            var segment = source["SELECT save, body FROM head_segment ORDER BY id"];
            while (segment.Step())
            {
                var save = segment.Long(0);
                HeadSegments.Load(segment.Blob(1).ToArray(), (id, rows) =>
                {
                    if (!through.TryGetValue(id, out var known) || known.Save >= save) return;
                    var batch = Enumerable.Range(0, rows.Count).Select(i => rows[i]).Where(r => r.TimeMs > known.Through).ToList();
                    Give(store, known.Point, batch);
                }, logger);
            }
            store.WriteAsync([], source.Number("SELECT value FROM meta WHERE key='position'") ?? 0, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            store.FlushAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
        finally
        {
            store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static (TelemetryPoint Point, long Through, long Save) CopySeries(SqlFile source, EmbeddedTelemetryStore store, long id, TelemetryPoint point, ILogger? logger)
    {
        var (through, save) = (long.MinValue, -1L);
        var rows = new List<StoredReading>();
        void Decode(ReadOnlySpan<byte> body, long time)
        {
            if (ChunkDecoder.TryDecode(body, rows, out var error)) return;
            TelemetryMetrics.Corrupt.Add(1);
            logger?.LogError("Telemetry chunk of series {Series} at {TimeMs} in {Path} cannot be read and is not converted: {Error}.", id, time, source.Path, error);
        }
        var chunk = source["SELECT t0, t1, save, body FROM chunk WHERE series_id=? ORDER BY t0"].Bind(1, id);
        while (chunk.Step())
        {
            (through, save) = (Math.Max(through, chunk.Long(1)), chunk.Long(2));
            Decode(chunk.Blob(3), chunk.Long(0));
            if (rows.Count < Batch) continue;
            Give(store, point, rows);
            rows.Clear();
        }
        // Late rows win over chunks: given after them.
        var late = source["SELECT t, body FROM late WHERE series_id=? ORDER BY t"].Bind(1, id);
        while (late.Step())
        {
            through = Math.Max(through, late.Long(0));
            Decode(late.Blob(1), late.Long(0));
        }
        Give(store, point, rows);
        return (point, through, save);
    }

    private static void Give(EmbeddedTelemetryStore store, TelemetryPoint point, List<StoredReading> rows) =>
        store.WriteAsync([.. rows.Select(r => new TelemetryRow(point.Point, point.Kind, r.TimeMs, r.Value, r.Quality))], 0, CancellationToken.None).AsTask().GetAwaiter().GetResult();
}
