using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>
/// What every telemetry store promises, run against each. Where a store cannot keep a promise it says so by one of the properties below, with the reason there:
/// this is the one list of differences.
/// </summary>
public abstract class StoreSuite
{
    protected const long Start = 1_760_054_400_000;
    protected const long Hour = 3_600_000;
    protected static readonly PointId Point = new("bj-01", "kiosk-7", "boiler.temperature");

    /// <summary>NaN and infinity are kept. InfluxDB: line protocol has no text for them; they become dead letters.</summary>
    protected virtual bool KeepsNotFinite => true;

    /// <summary>Data (SenML <c>vd</c>) comes back as data. InfluxDB: it has no such field type; it is the text of its Base64.</summary>
    protected virtual bool KeepsData => true;

    /// <summary>Number, boolean and text of one point come back from one series in one order of time. InfluxDB: at one time it keeps one value per field, so a later value of another type does not replace the earlier.</summary>
    protected virtual bool ReplacesOtherTypes => true;

    /// <summary>Sums are bit for bit those of adding hour by hour. InfluxDB adds in its own order.</summary>
    protected virtual bool SumsExactly => true;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A new, empty store.</summary>
    protected abstract ValueTask<ITelemetryStore> NewAsync();

    /// <summary>Closes a store and opens it again on what it kept.</summary>
    protected abstract ValueTask<ITelemetryStore> AgainAsync(ITelemetryStore store);

    [Fact]
    public async Task Every_type_comes_back_with_its_quality()
    {
        await using var store = await NewAsync();
        double[] numbers = [21.5, -0.0, 0.1 + 0.2, double.MaxValue, double.Epsilon, 1e16, -40, 9007199254740993];
        List<TelemetryRow> rows = [.. numbers.Select((v, i) => Row(i, v) with { Quality = (Quality)i })];
        var (door, state) = (Point with { Name = "door" }, Point with { Name = "state" });
        rows.Add(new TelemetryRow(door, PointKind.Contact, Start, ReadingValue.FromBoolean(true), Quality.Good));
        rows.Add(new TelemetryRow(door, PointKind.Contact, Start + 1, ReadingValue.FromBoolean(false), Quality.Stuck));
        rows.Add(new TelemetryRow(state, PointKind.Text, Start, ReadingValue.FromText("say \"hi\" \\ there, a=b\n第二行"), Quality.Good));
        rows.Add(new TelemetryRow(state, PointKind.Text, Start + 1, ReadingValue.FromText(""), Quality.Good));
        rows.Add(new TelemetryRow(state, PointKind.Text, Start + 2, ReadingValue.FromData([1, 2, 255]), Quality.Good));
        await WriteAsync(store, rows, 77);
        var back = await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 100, 100, Cancellation);
        Assert.Equal(numbers.Select(BitConverter.DoubleToInt64Bits), back.Select(r => BitConverter.DoubleToInt64Bits(r.Value.Number)));
        Assert.Equal(Enumerable.Range(0, 8), back.Select(r => (int)r.Quality));
        Assert.Equal([true, false], (await store.ReadAsync(door, PointKind.Contact, Start, Start + 10, 10, Cancellation)).Select(r => r.Value.Boolean));
        Assert.Equal(new StoredReading(Start + 1, ReadingValue.FromBoolean(false), Quality.Stuck), await store.LastAsync(door, PointKind.Contact, Cancellation));
        Assert.Equal([rows[^3].Value, rows[^2].Value, KeepsData ? rows[^1].Value : ReadingValue.FromText("AQL/")], (await store.ReadAsync(state, PointKind.Text, Start, Start + 10, 10, Cancellation)).Select(r => r.Value));
    }

    [Fact]
    public async Task Not_finite_numbers_are_kept_or_left_out_but_hinder_nothing()
    {
        await using var store = await NewAsync();
        await WriteAsync(store, [Row(0, 1), Row(1, double.NaN), Row(2, double.PositiveInfinity), Row(3, 2)], 5);
        var back = await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 100, 100, Cancellation);
        Assert.Equal(KeepsNotFinite ? [1, double.NaN, double.PositiveInfinity, 2] : [1d, 2], back.Select(r => r.Value.Number));
        Assert.Equal(5, store.DurablePosition);
    }

    [Fact]
    public async Task A_range_has_its_begin_and_not_its_end_and_a_limit_takes_the_first()
    {
        await using var store = await NewAsync();
        await WriteAsync(store, [.. Enumerable.Range(0, 500).Select(i => Row(i, i))], 1);
        Assert.Equal([10d, 11, 12], (await store.ReadAsync(Point, PointKind.Temperature, Start + 10, Start + 13, 100, Cancellation)).Select(r => r.Value.Number));
        Assert.Equal([10d, 11], (await store.ReadAsync(Point, PointKind.Temperature, Start + 10, Start + 400, 2, Cancellation)).Select(r => r.Value.Number));
        Assert.Equal(500, (await store.ReadAsync(Point, PointKind.Temperature, long.MinValue, long.MaxValue, int.MaxValue, Cancellation)).Count);
        Assert.Empty(await store.ReadAsync(Point, PointKind.Temperature, Start + 500, Start + 600, 10, Cancellation));
        Assert.Empty(await store.ReadAsync(Point, PointKind.Temperature, Start + 20, Start + 20, 10, Cancellation));
        Assert.Empty(await store.ReadAsync(Point, PointKind.Power, Start, Start + 600, 10, Cancellation));
        Assert.Empty(await store.ReadAsync(Point with { Name = "none" }, PointKind.Temperature, Start, Start + 600, 10, Cancellation));
        Assert.Null(await store.LastAsync(Point with { Name = "none" }, PointKind.Temperature, Cancellation));
    }

    [Fact]
    public async Task The_later_written_of_a_repeated_time_wins_also_late_and_after_a_restart()
    {
        var store = await NewAsync();
        await WriteAsync(store, [.. Enumerable.Range(0, 400).Select(i => Row(i * 60_000L, i))], 1);
        await WriteAsync(store, [Row(60_000, 1000), Row(30_000, 1001), Row(60_000, 1002) with { Quality = Quality.Jump }], 2);
        await store.MaintainAsync(Start, Cancellation);
        await WriteAsync(store, [Row(60_000, 1003)], 3);
        await CheckAsync(store);
        store = await AgainAsync(store);
        await CheckAsync(store);
        await store.DisposeAsync();

        static async Task CheckAsync(ITelemetryStore store)
        {
            var back = await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 180_000, 100, Cancellation);
            Assert.Equal([(0L, 0d), (30_000, 1001), (60_000, 1003), (120_000, 2)], back.Select(r => (r.TimeMs - Start, r.Value.Number)));
            Assert.All(back, r => Assert.Equal(Quality.Good, r.Quality));
            Assert.Equal(399, (await store.LastAsync(Point, PointKind.Temperature, Cancellation))!.Value.Value.Number);
        }
    }

    [Fact]
    public async Task The_same_rows_again_change_nothing()
    {
        await using var store = await NewAsync();
        var rows = Enumerable.Range(0, 300).Select(i => Row(i, i)).ToList();
        await WriteAsync(store, rows, 10);
        await WriteAsync(store, rows[100..], 10);
        await store.ImportAsync(rows, Cancellation);
        Assert.Equal(10, store.DurablePosition);
        Assert.Equal(rows.Select(r => r.Value), (await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 1000, 1000, Cancellation)).Select(r => r.Value));
    }

    [Fact]
    public async Task Another_type_at_the_same_time()
    {
        await using var store = await NewAsync();
        await WriteAsync(store, [Row(0, 1)], 1);
        await WriteAsync(store, [Row(0, 1) with { Value = ReadingValue.FromBoolean(true) }], 2);
        var back = Assert.Single(await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 10, 10, Cancellation));
        Assert.Equal(ReplacesOtherTypes ? ReadingType.Boolean : ReadingType.Number, back.Value.Type);
    }

    [Theory]
    [InlineData("UTC", 1)]
    [InlineData("Asia/Shanghai", 6)]
    [InlineData("Europe/Berlin", 24)]
    [InlineData("Asia/Kolkata", 2)]
    public async Task Every_function_of_every_bucket_is_that_of_its_rows(string zoneName, int hours)
    {
        await using var store = await NewAsync();
        var random = new Random(7);
        var rows = Enumerable.Range(0, 600).Select(i => Row(i * 10 * 60_000L, random.Next(-5000, 5000) / 100.0)).ToList();
        await WriteAsync(store, rows, 1);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
        foreach (var function in Enum.GetValues<AggregateFunction>())
        {
            var aggregator = new BucketAggregator(new BucketCalendar(TimeSpan.FromHours(hours), zone), function);
            var (from, to) = (Start + (5 * Hour), Start + (90 * Hour));
            foreach (var row in rows.Where(r => r.TimeMs >= from && r.TimeMs < to)) aggregator.Add(new StoredReading(row.TimeMs, row.Value, row.Quality));
            var (expected, found) = (aggregator.Finish(), await store.AggregateAsync(Point, PointKind.Temperature, from, to, TimeSpan.FromHours(hours), function, zone, Cancellation));
            Assert.Equal(expected.Select(e => e.TimeMs), found.Select(f => f.TimeMs));
            var exact = SumsExactly || function is not (AggregateFunction.Sum or AggregateFunction.Mean);
            Assert.All(expected.Zip(found), p => Assert.True(exact ? p.First.Value == p.Second.Value : Math.Abs(p.First.Value.Number - p.Second.Value.Number) <= 1e-9, $"{function}: {p.First} is {p.Second}"));
        }
    }

    [Fact]
    public async Task Booleans_count_as_0_and_1_and_texts_have_only_count_first_and_last()
    {
        await using var store = await NewAsync();
        var (door, state) = (Point with { Name = "door" }, Point with { Name = "state" });
        await WriteAsync(store, [.. Enumerable.Range(0, 8).SelectMany(i => (TelemetryRow[])[
            new TelemetryRow(door, PointKind.Contact, Start + (i * 60_000L), ReadingValue.FromBoolean(i % 4 == 0), Quality.Good),
            new TelemetryRow(state, PointKind.Text, Start + (i * 60_000L), ReadingValue.FromText("t" + i), Quality.Good)])], 1);
        async Task<ReadingValue[]> Ask(PointId point, PointKind kind, AggregateFunction function) =>
            [.. (await store.AggregateAsync(point, kind, Start, Start + Hour, TimeSpan.FromHours(1), function, TimeZoneInfo.Utc, Cancellation)).Select(r => r.Value)];
        Assert.Equal([ReadingValue.FromNumber(0.25)], await Ask(door, PointKind.Contact, AggregateFunction.Mean));
        Assert.Equal([ReadingValue.FromNumber(2)], await Ask(door, PointKind.Contact, AggregateFunction.Sum));
        Assert.Equal([ReadingValue.FromBoolean(true)], await Ask(door, PointKind.Contact, AggregateFunction.First));
        Assert.Equal([ReadingValue.FromNumber(8)], await Ask(state, PointKind.Text, AggregateFunction.Count));
        Assert.Equal([ReadingValue.FromText("t7")], await Ask(state, PointKind.Text, AggregateFunction.Last));
        Assert.Empty(await Ask(state, PointKind.Text, AggregateFunction.Mean));
    }

    [Fact]
    public async Task Many_points_are_read_in_one_call()
    {
        await using var store = await NewAsync();
        TelemetryPoint[] points = [.. Enumerable.Range(0, 30).Select(i => new TelemetryPoint(Point with { Name = "p" + i }, PointKind.Temperature))];
        await WriteAsync(store, [.. Enumerable.Range(0, 200).SelectMany(t => points.Where((_, i) => i != 13).Select((p, i) => new TelemetryRow(p.Point, p.Kind, Start + (t * 60_000L), ReadingValue.FromNumber((i * 1000) + t), Quality.Good)))], 1);
        var read = new Dictionary<PointId, int>();
        await foreach (var (point, readings) in store.ReadManyAsync(points, Start + 60_000, Start + (100 * 60_000), 50, Cancellation)) read[point.Point] = read.GetValueOrDefault(point.Point) + readings.Count;
        Assert.Equal(29, read.Count);
        Assert.All(read.Values, n => Assert.Equal(50, n));
        var means = new List<PointReadings>();
        await foreach (var part in store.AggregateManyAsync(points, Start, Start + (2 * Hour), TimeSpan.FromHours(1), AggregateFunction.Count, TimeZoneInfo.Utc, Cancellation)) means.Add(part);
        Assert.Equal(29, means.Count);
        Assert.All(means, m => Assert.Equal([60d, 60], m.Readings.Select(r => r.Value.Number)));
        var last = await store.LastManyAsync(points, Cancellation);
        Assert.Null(last[13]);
        Assert.All(last.Where((_, i) => i != 13), l => Assert.Equal(Start + (199 * 60_000L), l!.Value.TimeMs));
    }

    [Fact]
    public async Task Content_and_position_outlive_a_restart()
    {
        var store = await NewAsync();
        await WriteAsync(store, [.. Enumerable.Range(0, 130).Select(i => Row(i, i))], 41);
        store = await AgainAsync(store);
        Assert.Equal(41, store.DurablePosition);
        Assert.Equal(130, (await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 1000, 1000, Cancellation)).Count);
        await WriteAsync(store, [Row(130, 130)], 42);
        Assert.Equal(130, (await store.LastAsync(Point, PointKind.Temperature, Cancellation))!.Value.Value.Number);
        await store.DisposeAsync();
    }

    protected static TelemetryRow Row(long offset, double value) => new(Point, PointKind.Temperature, Start + offset, ReadingValue.FromNumber(value), Quality.Good);

    private static async Task WriteAsync(ITelemetryStore store, IReadOnlyList<TelemetryRow> rows, long position)
    {
        await store.WriteAsync(rows, position, Cancellation);
        await store.FlushAsync(Cancellation);
    }
}
