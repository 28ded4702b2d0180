using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>The embedded store against a dictionary: random writes, late rows, repeats, saves, folding and power cuts at any moment.</summary>
public class EmbeddedModelTests
{
    private static readonly PointId[] Points = [new("s", "d1", "a"), new("s", "d1", "b"), new("s", "d2", "a"), new("t", "d2", "a")];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Content_is_the_last_written_whatever_happens(int seed)
    {
        var random = new Random(seed);
        using var folder = new TempFolder();
        var time = new ManualTimeProvider(1_000);
        var options = new EmbeddedStoreOptions { ChunkRows = 8, ChunksPerTransaction = random.Next(1, 6), LateRowsPerTransaction = random.Next(1, 20), SaveRows = random.Next(20, 300), MaxHeadBytes = random.Next(2) == 0 ? 3000 : 1 << 20 };
        var journal = new List<TelemetryRow>();
        var directory = folder.Sub("0");
        var store = EmbeddedTelemetryStore.Open(directory, options, time);
        // Half of the runs stay within a day, the others take 40 days, which are closed, packed and rolled up on the way.
        var scale = seed % 2 == 0 ? 1L : 2_100_000L;
        string? torn = null;
        var fed = 0;
        var clock = 0L;
        var saved = 0L;
        var highest = 0;
        for (var step = 0; step < 400; step++)
        {
            switch (random.Next(20))
            {
                case 0:
                    await store.FlushAsync(TestContext.Current.CancellationToken);
                    Assert.Equal(fed, store.DurablePosition);
                    break;
                case 1:
                    time.Advance(TimeSpan.FromMinutes(random.Next(15)));
                    await store.MaintainAsync(clock, TestContext.Current.CancellationToken);
                    break;
                case 2:
                    store.Files.Committed = null;
                    directory = torn ?? Crash(folder, directory, step);
                    torn = null;
                    var crashed = EmbeddedTelemetryStore.Open(directory, options, time);
                    await store.DisposeAsync();
                    store = crashed;
                    Assert.InRange(store.DurablePosition, 0, fed);
                    saved = store.DurablePosition;
                    fed = (int)store.DurablePosition;
                    break;
                // While rows are fed again the store may hold what comes later in the journal.
                case 3 when fed == highest:
                    await CheckAsync(store, journal.Take(fed), random);
                    break;
                // The power goes between two transactions of the next commit.
                case 4:
                    var (source, left, number) = (directory, random.Next(4), step);
                    store.Files.Committed = _ =>
                    {
                        if (left-- == 0) torn = Crash(folder, source, number);
                    };
                    break;
                default:
                    while (journal.Count < fed + 40) journal.Add(NextRow(random, ref clock, scale));
                    var count = random.Next(0, 40);
                    await store.WriteAsync(journal.GetRange(fed, count), fed + count, TestContext.Current.CancellationToken);
                    fed += count;
                    highest = Math.Max(highest, fed);
                    break;
            }
            Assert.True(store.DurablePosition >= saved, "DurablePosition went back");
            saved = store.DurablePosition;
        }
        // Whatever was cut off is fed again up to the end.
        if (fed < journal.Count) await store.WriteAsync(journal.GetRange(fed, journal.Count - fed), journal.Count, TestContext.Current.CancellationToken);
        await CheckAsync(store, journal, random);
        await store.DisposeAsync();
        await using var again = EmbeddedTelemetryStore.Open(directory, options, time);
        Assert.Equal(journal.Count, again.DurablePosition);
        await CheckAsync(again, journal, random);
        await again.MaintainAsync(clock, TestContext.Current.CancellationToken);
        await CheckAsync(again, journal, random);
    }

    private static TelemetryRow NextRow(Random random, ref long clock, long scale)
    {
        clock += random.Next(0, 3) * scale;
        var time = random.Next(6) switch
        {
            0 => clock - (random.Next(0, 200) * scale),
            1 when random.Next(20) == 0 => clock + (random.Next(0, 500) * scale),
            _ => clock,
        };
        var value = random.Next(8) switch
        {
            0 => ReadingValue.FromBoolean(random.Next(2) == 0),
            1 => ReadingValue.FromText("text " + random.Next(5)),
            2 => ReadingValue.FromNumber(random.NextDouble()),
            _ => ReadingValue.FromNumber(random.Next(1000) / 10.0),
        };
        return new TelemetryRow(Points[random.Next(Points.Length)], PointKind.Value, time, value, (Quality)(random.Next(5) == 0 ? random.Next(8) : 0));
    }

    private static string Crash(TempFolder folder, string from, int step)
    {
        var to = Directory.CreateDirectory(folder.Sub($"after-{step}")).FullName;
        StoreFolder.Copy(from, to);
        return to;
    }

    private static async Task CheckAsync(EmbeddedTelemetryStore store, IEnumerable<TelemetryRow> written, Random random)
    {
        var cancellation = TestContext.Current.CancellationToken;
        foreach (var group in written.GroupBy(r => r.Point))
        {
            var model = new SortedDictionary<long, StoredReading>();
            foreach (var row in group) model[row.TimeMs] = new StoredReading(row.TimeMs, row.Value, row.Quality);
            var all = await store.ReadAsync(group.Key, PointKind.Value, long.MinValue, long.MaxValue, int.MaxValue, cancellation);
            Assert.Equal(model.Values, all);
            Assert.Equal(model.Values.Last(), await store.LastAsync(group.Key, PointKind.Value, cancellation));
            var keys = model.Keys.ToList();
            var (from, to) = (keys[random.Next(keys.Count)], keys[random.Next(keys.Count)]);
            var limit = random.Next(1, 50);
            var some = await store.ReadAsync(group.Key, PointKind.Value, from, to, limit, cancellation);
            Assert.Equal(model.Values.Where(r => r.TimeMs >= from && r.TimeMs < to).Take(limit), some);
            var counts = await store.AggregateAsync(group.Key, PointKind.Value, from, to, TimeSpan.FromMilliseconds(to - from > 1_000_000 ? 10_000_000 : 50), AggregateFunction.Count, TimeZoneInfo.Utc, cancellation);
            Assert.Equal(model.Keys.Count(t => t >= from && t < to), counts.Sum(c => c.Value.Number));
            await CheckAggregatesAsync(store, group.Key, model, from, to, random);
        }
    }

    /// <summary>Whatever comes out of the roll-up has the bits of what comes out of the rows.</summary>
    private static async Task CheckAggregatesAsync(EmbeddedTelemetryStore store, PointId point, SortedDictionary<long, StoredReading> model, long from, long to, Random random)
    {
        const long Hour = 3_600_000;
        if (random.Next(2) == 0) (from, to) = ((from / Hour) * Hour, ((to / Hour) + 1) * Hour);
        var every = TimeSpan.FromHours(new[] { 1, 2, 6, 24, 48 }[random.Next(5)]);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(new[] { "UTC", "Asia/Shanghai", "Asia/Kolkata", "Europe/Berlin" }[random.Next(4)]);
        foreach (var function in Enum.GetValues<AggregateFunction>())
        {
            var aggregator = new BucketAggregator(new BucketCalendar(every, zone), function);
            foreach (var row in model.Values.Where(r => r.TimeMs >= from && r.TimeMs < to)) aggregator.Add(row);
            var expected = aggregator.Finish();
            var found = await store.AggregateAsync(point, PointKind.Value, from, to, every, function, zone, TestContext.Current.CancellationToken);
            Assert.Equal(expected.Count, found.Count);
            Assert.All(expected.Zip(found), p => Assert.True(ChunkCodecTests.Same(p.First, p.Second), $"{function} every {every}: {p.First} is {p.Second}"));
        }
    }
}
