using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

public class EmbeddedStoreTests
{
    private const long Day = 86_400_000;
    private static readonly PointId Point = new("bj-01", "kiosk-7", "boiler.temperature");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Trickling_rows_let_the_journal_move_on_after_ten_minutes()
    {
        using var folder = new TempFolder();
        var time = new ManualTimeProvider(0);
        await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), time);
        for (var i = 1; i <= 9; i++)
        {
            await store.WriteAsync([Row(i * 60_000, i)], i * 100, Cancellation);
            time.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(0, store.DurablePosition);
        time.Advance(TimeSpan.FromMinutes(1));
        await store.MaintainAsync(0, Cancellation);
        Assert.Equal(900, store.DurablePosition);
        // They are saved together, not cut into small chunks.
        Assert.Empty(StoreFolder.DayFiles(folder.Path));
        Assert.Equal(1, Count(folder, "head_segment"));
    }

    [Fact]
    public async Task Saved_heads_are_gathered_and_go_on_growing_after_a_restart()
    {
        using var folder = new TempFolder();
        var time = new ManualTimeProvider(0);
        for (var run = 0; run < 60; run++)
        {
            await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), time);
            await store.WriteAsync([Row(run * 1000, run), Row(run * 1000, run, "other")], run + 1, Cancellation);
        }
        Assert.InRange(Count(folder, "head_segment"), 1, 33);
        Assert.Equal(0, Count(folder, "chunk"));
        await using var last = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), time);
        Assert.Equal(60, (await last.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, 1000, Cancellation)).Count);
        await last.WriteAsync([.. Enumerable.Range(60, 60).Select(i => Row(i * 1000, i))], 61, Cancellation);
        await last.FlushAsync(Cancellation);
        Assert.Equal(1, Count(folder, "chunk"));
    }

    [Fact]
    public async Task Old_readings_are_dropped_by_retention()
    {
        using var folder = new TempFolder();
        var now = 100 * Day;
        await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions { ChunkRows = 10, Retention = TimeSpan.FromDays(30) }, new ManualTimeProvider(now));
        await store.WriteAsync([.. Enumerable.Range(0, 100).Select(d => Row(d * Day, d))], 1, Cancellation);
        await store.WriteAsync([Row(5 * Day, 5.5), Row((95 * Day) - 1, 95.5)], 2, Cancellation);
        await store.FlushAsync(Cancellation);
        await store.MaintainAsync(now, Cancellation);
        var rows = await store.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, 1000, Cancellation);
        // Files go as a whole; of what they keep longer nothing is read.
        Assert.Equal(70 * Day, rows[0].TimeMs);
        Assert.Equal(31, rows.Count);
        await store.WriteAsync([Row(71 * Day, 7.1)], 3, Cancellation);
        Assert.Equal(7.1, (await store.ReadAsync(Point, PointKind.Temperature, 71 * Day, (71 * Day) + 1, 1, Cancellation))[0].Value.Number);
    }

    [Fact]
    public async Task Buckets_follow_the_sites_midnight_and_every_function_is_right()
    {
        using var folder = new TempFolder();
        await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions { ChunkRows = 50 }, new ManualTimeProvider(0));
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var start = DateTimeOffset.Parse("2026-10-23T22:00Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        await store.WriteAsync([.. Enumerable.Range(0, 73 * 2).Select(i => Row(start + (i * 1_800_000L), i))], 1, Cancellation);
        async Task<IReadOnlyList<StoredReading>> Ask(AggregateFunction function) => await store.AggregateAsync(Point, PointKind.Temperature, start, start + (4 * Day), TimeSpan.FromDays(1), function, berlin, Cancellation);
        // Days of 24, 25 and 24 hours, two rows an hour.
        var counts = await Ask(AggregateFunction.Count);
        Assert.Equal([48, 50, 48], counts.Select(c => c.Value.Number));
        Assert.Equal([start, start + Day, start + (2 * Day) + 3_600_000], counts.Select(c => c.TimeMs));
        Assert.Equal([23.5, 72.5, 121.5], (await Ask(AggregateFunction.Mean)).Select(c => c.Value.Number));
        Assert.Equal([0, 48, 98], (await Ask(AggregateFunction.Min)).Select(c => c.Value.Number));
        Assert.Equal([47, 97, 145], (await Ask(AggregateFunction.Max)).Select(c => c.Value.Number));
        Assert.Equal([0, 48, 98], (await Ask(AggregateFunction.First)).Select(c => c.Value.Number));
        Assert.Equal([47, 97, 145], (await Ask(AggregateFunction.Last)).Select(c => c.Value.Number));
        Assert.Equal(48 * 47 / 2, (await Ask(AggregateFunction.Sum))[0].Value.Number);
    }

    [Fact]
    public async Task Far_future_rows_do_not_lock_a_series_out()
    {
        using var folder = new TempFolder();
        await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions { ChunkRows = 4 }, new ManualTimeProvider(0));
        await store.WriteAsync([Row(1, 1), Row(2, 2), Row(3, 3), Row(4_000_000_000_000, 4)], 1, Cancellation);
        for (var i = 0; i < 50; i++) await store.WriteAsync([Row(10 + i, i)], 2 + i, Cancellation);
        await store.FlushAsync(Cancellation);
        await store.MaintainAsync(0, Cancellation);
        Assert.Equal(0, Count(folder, "late"));
        Assert.Equal(54, (await store.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, 1000, Cancellation)).Count);
    }

    [Fact]
    public async Task A_damaged_chunk_is_left_out_and_the_rest_is_read()
    {
        using var folder = new TempFolder();
        await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions { ChunkRows = 10 }, new ManualTimeProvider(0));
        await store.WriteAsync([.. Enumerable.Range(0, 30).Select(i => Row(i, i))], 1, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(1, StoreFolder.Run(Assert.Single(StoreFolder.DayFiles(folder.Path)), "UPDATE chunk SET body = substr(body, 1, 8) WHERE (key & 0xfffffffff) = 10"));
        var rows = await store.ReadAsync(Point, PointKind.Temperature, 0, 100, 1000, Cancellation);
        Assert.Equal(20, rows.Count);
        await store.WriteAsync([Row(12, 99)], 2, Cancellation);
        await store.FlushAsync(Cancellation);
        await store.MaintainAsync(0, Cancellation);
        Assert.Equal(21, (await store.ReadAsync(Point, PointKind.Temperature, 0, 100, 1000, Cancellation)).Count);
    }

    [Fact]
    public async Task A_newer_format_is_refused_with_the_mend()
    {
        using var folder = new TempFolder();
        await EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), TimeProvider.System).DisposeAsync();
        StoreFolder.Run(folder.Sub("catalog.db"), "UPDATE meta SET value = 99 WHERE key = 'format'");
        var error = Assert.Throws<InvalidDataException>(() => EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), TimeProvider.System));
        Assert.Contains("format 99", error.Message);
    }

    [Fact]
    public async Task Readers_see_whole_states_while_the_writer_seals()
    {
        using var folder = new TempFolder();
        await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions { ChunkRows = 16, ChunksPerTransaction = 2, SaveRows = 500 }, TimeProvider.System);
        var done = 0;
        var known = 0L;
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (Volatile.Read(ref done) == 0)
            {
                var floor = Volatile.Read(ref known);
                var rows = await store.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, int.MaxValue, Cancellation);
                Assert.True(rows.Count >= floor, $"{rows.Count} rows read, {floor} were written before");
                for (var i = 0; i < rows.Count; i++) Assert.Equal(i, rows[i].TimeMs);
                if (floor > 0) Assert.True((await store.LastAsync(Point, PointKind.Temperature, Cancellation))!.Value.TimeMs >= floor - 1);
            }
        }, Cancellation)).ToList();
        for (var i = 0; i < 3000; i += 10)
        {
            await store.WriteAsync([.. Enumerable.Range(i, 10).Select(t => Row(t, t))], i + 10, Cancellation);
            Volatile.Write(ref known, i + 10);
        }
        Volatile.Write(ref done, 1);
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task A_disk_that_fails_is_told_and_nothing_is_taken_until_it_is_back()
    {
        using var folder = new TempFolder();
        await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions { ChunkRows = 4, ChunksPerTransaction = 1 }, new ManualTimeProvider(0));
        await store.WriteAsync([.. Enumerable.Range(0, 4).Select(i => Row(10 + i, i))], 1, Cancellation);
        await store.FlushAsync(Cancellation);
        var rows = Enumerable.Range(20, 8).Select(i => Row(i, i)).ToList();
        var file = StoreFolder.DayFiles(folder.Path)[^1];
        StoreFolder.Run(file, "CREATE TRIGGER full BEFORE INSERT ON chunk BEGIN SELECT RAISE(ABORT, 'disk full'); END");
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var error = await Assert.ThrowsAsync<TelemetryUnavailableException>(async () => await store.WriteAsync(rows, 10, Cancellation));
            Assert.Contains("disk full", error.Message);
        }
        Assert.Equal(1, store.DurablePosition);
        StoreFolder.Run(file, "DROP TRIGGER full");
        await store.WriteAsync(rows, 10, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(10, store.DurablePosition);
        Assert.Equal(12, (await store.ReadAsync(Point, PointKind.Temperature, 0, 100, 100, Cancellation)).Count);
    }

    [Fact]
    public async Task A_journal_begun_anew_loses_nothing()
    {
        using var folder = new TempFolder();
        var options = new EmbeddedStoreOptions { ChunkRows = 4 };
        await using (var store = EmbeddedTelemetryStore.Open(folder.Path, options, new ManualTimeProvider(0)))
        {
            await store.WriteAsync([.. Enumerable.Range(0, 4).Select(i => Row(i, i))], 1000, Cancellation);
            await store.WriteAsync([.. Enumerable.Range(4, 4).Select(i => Row(i, i))], 2000, Cancellation);
        }
        await using var again = EmbeddedTelemetryStore.Open(folder.Path, options, new ManualTimeProvider(0));
        for (var i = 8; i < 20; i++) await again.WriteAsync([Row(i, i)], (i - 7) * 100, Cancellation);
        Assert.Equal(20, (await again.ReadAsync(Point, PointKind.Temperature, 0, 100, 100, Cancellation)).Count);
    }

    private static TelemetryRow Row(long time, double value, string? name = null) =>
        new(name is null ? Point : Point with { Name = name }, PointKind.Temperature, time, ReadingValue.FromNumber(value), Quality.Good);

    private static long Count(TempFolder folder, string table) => StoreFolder.Count(folder.Path, table);
}
