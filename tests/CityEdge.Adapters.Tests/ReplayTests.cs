using CityEdge.Adapters.Replay;
using CityEdge.Contracts;

namespace CityEdge.Adapters.Tests;

public sealed class ReplayTests : IDisposable
{
    private const long First = 1_386_018_900_000; // 2013-12-02T21:15:00Z
    private readonly AdapterFixture fixture = new();
    private readonly CancellationToken stop = TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    private string Machine(int rows, string name = "machine.csv") => fixture.Write(name,
        "timestamp,value\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"{DateTimeOffset.FromUnixTimeMilliseconds(First + i * 300_000L):yyyy-MM-dd HH:mm:ss},{70 + i * 0.5}\n".Replace(',', ','))));

    private ReplayAdapter Replay(string keys = "speed: max", string file = "machine.csv", string point = "{ name: boiler.temperature, column: value, kind: temperature, unit: Cel }") =>
        fixture.Make<ReplayAdapter>($"{{ id: boiler, type: replay, file: {file}, time: timestamp, zone: UTC, {keys}, points: [ {point} ] }}");

    [Fact]
    public async Task Recorded_times_are_kept_and_the_replay_completes()
    {
        Machine(1200);
        var adapter = Replay();
        await adapter.RunAsync(fixture, stop);
        Assert.True(adapter.Completed);
        Assert.Equal(1200, fixture.Readings.Count());
        Assert.Equal(Enumerable.Range(0, 1200).Select(i => First + i * 300_000L), fixture.Readings.Select(r => r.TimeMs));
        Assert.Equal(new Reading(new PointId("s", "d", "boiler.temperature"), First, ReadingValue.FromNumber(70), "Cel"), fixture.Readings.First());
        Assert.All(fixture.Batches, b => Assert.InRange(b.Count, 1, ReplayAdapter.MaxBatchRows));
        Assert.Equal((AdapterState.Completed, 1200), (adapter.Health.State, adapter.Health.Readings));
    }

    [Fact]
    public async Task A_killed_replay_goes_on_where_the_sink_had_stored()
    {
        Machine(1700);
        fixture.BeforeStore = _ => fixture.Batches.Count == 2 ? throw new IOException("power loss") : Task.CompletedTask;
        await Assert.ThrowsAsync<IOException>(() => Replay().RunAsync(fixture, stop));
        Assert.Equal(1000, fixture.Readings.Count());
        fixture.BeforeStore = _ => Task.CompletedTask;
        var again = Replay();
        await again.RunAsync(fixture, stop);
        Assert.Equal(Enumerable.Range(0, 1700).Select(i => First + i * 300_000L), fixture.Readings.Select(r => r.TimeMs));
        var third = Replay();
        await third.RunAsync(fixture, stop);
        Assert.True(third.Completed);
        Assert.Equal(1700, fixture.Readings.Count());
    }

    [Theory]
    [InlineData("start: ending-now, speed: max")]
    [InlineData("start: now, speed: 1e9")]
    public async Task A_row_that_is_sent_again_has_the_same_time(string keys)
    {
        Machine(20);
        List<long> lost = [];
        fixture.BeforeStore = b =>
        {
            lost = [.. b.Select(r => r.TimeMs)];
            throw new IOException("stored, but the acknowledgement was lost");
        };
        await Assert.ThrowsAsync<IOException>(() => Replay(keys).RunAsync(fixture, stop));
        fixture.Clock.Advance(TimeSpan.FromMinutes(7));
        fixture.BeforeStore = _ => Task.CompletedTask;
        await Replay(keys).RunAsync(fixture, stop);
        Assert.Equal(lost, fixture.Readings.Select(r => r.TimeMs));
        Assert.Equal(20, lost.Count);
    }

    [Fact]
    public async Task Ending_now_shifts_the_last_row_to_now_and_keeps_the_spacing()
    {
        Machine(3);
        await Replay("start: ending-now, speed: max").RunAsync(fixture, stop);
        var now = AdapterFixture.T0.ToUnixTimeMilliseconds();
        Assert.Equal([now - 600_000, now - 300_000, now], fixture.Readings.Select(r => r.TimeMs));
    }

    [Fact]
    public async Task Now_begins_now_and_divides_the_spacing_by_the_speed()
    {
        Machine(3);
        var run = Replay("start: now, speed: 60").RunAsync(fixture, stop);
        var now = AdapterFixture.T0.ToUnixTimeMilliseconds();
        for (var i = 1; i <= 3; i++)
        {
            await AdapterFixture.Until(() => fixture.Batches.Count == i && (i == 3 || fixture.Clock.NextDue is not null), $"row {i}");
            Assert.Equal(now + (i - 1) * 5000, fixture.Readings.Last().TimeMs);
            if (i < 3) fixture.Clock.Advance(TimeSpan.FromSeconds(5));
        }
        await run;
    }

    [Fact]
    public async Task Recorded_rows_are_paced_by_the_speed()
    {
        Machine(3);
        var run = Replay("speed: 3600").RunAsync(fixture, stop);
        await AdapterFixture.Until(() => fixture.Batches.Count == 1 && fixture.Clock.NextDue is not null, "the first row");
        fixture.Clock.Advance(TimeSpan.FromMilliseconds(82));
        Assert.Single(fixture.Batches);
        fixture.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await AdapterFixture.Until(() => fixture.Batches.Count == 2 && fixture.Clock.NextDue is not null, "the second row");
        Assert.Equal(First + 300_000, fixture.Readings.Last().TimeMs);
        fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await run;
    }

    [Fact]
    public async Task Bad_rows_are_reported_with_their_line_and_stop_nothing()
    {
        fixture.Write("bad.csv", "timestamp,value\n2020-01-01 00:00:00,1\nyesterday,2\n2020-01-01 00:02:00,x\n2020-01-01 00:03:00,\n2020-01-01 00:04:00,NA\n2020-01-01 00:05:00,1e999\n2020-01-01 00:06:00,7\n\"2020");
        var adapter = Replay(file: "bad.csv");
        await adapter.RunAsync(fixture, stop);
        Assert.Equal([1, 7], fixture.Readings.Select(r => r.Value.Number));
        Assert.Equal(4, adapter.BadRows);
        Assert.Equal(["line 3", "line 4", "line 7", "line 9"], fixture.Faults.Select(f => f.Split(": ")[2]));
    }

    [Fact]
    public async Task A_changed_file_begins_anew_and_a_grown_one_goes_on()
    {
        Machine(3);
        await Replay().RunAsync(fixture, stop);
        File.AppendAllText(Path.Combine(fixture.Folder, "machine.csv"), "2014-01-01 00:00:00,99\n");
        await Replay().RunAsync(fixture, stop);
        Assert.Equal(99, fixture.Readings.Last().Value.Number);
        Assert.Equal(4, fixture.Readings.Count());
        fixture.Write("machine.csv", "timestamp,value\n2015-01-01 00:00:00,1\n");
        await Replay().RunAsync(fixture, stop);
        Assert.Equal(5, fixture.Readings.Count());
        Assert.Contains("changed", Assert.Single(fixture.Faults));
    }

    [Theory]
    [InlineData("2015-02-04 17:51:00", "UTC", 1_423_072_260_000)]
    [InlineData("2015-02-04 17:51", "Asia/Shanghai", 1_423_043_460_000)]
    [InlineData("2015-02-04T17:51:00.250Z", "Asia/Shanghai", 1_423_072_260_250)]
    [InlineData("2015-02-04T17:51:00+08:00", "UTC", 1_423_043_460_000)]
    [InlineData("2015-02-04 17:51:00.5", "UTC", 1_423_072_260_500)]
    [InlineData("1423072260", "Asia/Shanghai", 1_423_072_260_000)]
    [InlineData("1423072260.25", "UTC", 1_423_072_260_250)]
    [InlineData("1423072260123", "UTC", 1_423_072_260_123)]
    [InlineData("2015-02-04", "UTC", 1_423_008_000_000)]
    [InlineData("2026-03-29 02:30:00", "Europe/Berlin", 1_774_747_800_000)]
    public void Times_are_recognised(string text, string zone, long expected)
    {
        Assert.True(ReplayTime.TryParse(text, null, TimeZoneInfo.FindSystemTimeZoneById(zone), out var ms));
        Assert.Equal(expected, ms);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2015-13-04 17:51:00")]
    [InlineData("1e300")]
    public void What_is_no_time_is_refused(string text) => Assert.False(ReplayTime.TryParse(text, null, TimeZoneInfo.Utc, out _));

    [Fact]
    public async Task Csv_dialects_are_read()
    {
        fixture.Write("de.csv", "\uFEFFTimestamp;p227;\"a;b\"\r\n2019-01-01 00:00:00;88,14;\"x \"\"y\"\"\nz\"\r\n\r\n2019-01-01 00:05:00;82,9;\r\n");
        await fixture.Make<ReplayAdapter>("{ id: a, type: replay, file: de.csv, time: Timestamp, speed: max, points: [ { name: p227, unit: L/s }, { name: note, column: 'a;b', kind: text } ] }").RunAsync(fixture, stop);
        Assert.Equal(["88.14", "x \"y\"\nz", "82.9"], fixture.Readings.Select(r => r.Value.ToString()));

        fixture.Write("no-header.txt", "1, 1458031648545, 20.48\n2, 1458031648645, 20.73\n");
        await fixture.Make<ReplayAdapter>("{ id: b, type: replay, file: no-header.txt, time: 2, header: false, speed: max, points: [ { name: t, column: 3, unit: Cel } ] }").RunAsync(fixture, stop);
        Assert.Equal((1_458_031_648_645, 20.73), (fixture.Readings.Last().TimeMs, fixture.Readings.Last().Value.Number));

        fixture.Write("r.txt", "\"date\",\"T\"\n\"1\",\"2015-02-04 17:51:00\",23.18\n");
        await fixture.Make<ReplayAdapter>("{ id: c, type: replay, file: r.txt, time: date, speed: max, points: [ { name: t, column: T, unit: Cel } ] }").RunAsync(fixture, stop);
        Assert.Equal((1_423_072_260_000, 23.18), (fixture.Readings.Last().TimeMs, fixture.Readings.Last().Value.Number));

        fixture.Write("parts.csv", "year,month,day,hour,TEMP\n2010,1,2,3,-11\n");
        await fixture.Make<ReplayAdapter>("{ id: d, type: replay, file: parts.csv, time: [year, month, day, hour], time_format: yyyy M d H, zone: Asia/Shanghai, speed: max, points: [ { name: t, column: TEMP, unit: Cel } ] }").RunAsync(fixture, stop);
        Assert.Equal(new DateTimeOffset(2010, 1, 2, 3, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds(), fixture.Readings.Last().TimeMs);
        Assert.Empty(fixture.Faults);
    }

    [Fact]
    public async Task Json_lines_are_read()
    {
        fixture.Write("a.jsonl", """
            {"ts":1700000000,"v":{"t":21.5},"door":true}

            {"ts":"2023-11-14T22:14:20Z","v":{"t":null},"door":false}
            nonsense
            {"ts":1700000120000,"v":{"t":"22"}}
            """);
        var adapter = fixture.Make<ReplayAdapter>("{ id: a, type: replay, file: a.jsonl, time: ts, speed: max, points: [ { name: t, column: v.t, unit: Cel }, { name: door, kind: contact } ] }");
        await adapter.RunAsync(fixture, stop);
        Assert.Equal(["21.5", "true", "false", "22"], fixture.Readings.Select(r => r.Value.ToString()));
        Assert.Equal([0, 0, 60_000, 120_000], fixture.Readings.Select(r => r.TimeMs - 1_700_000_000_000));
        Assert.Equal(1, adapter.BadRows);
        Assert.Contains("line 4", adapter.Health.LastError);
    }

    [Fact]
    public async Task Any_bytes_are_replayed_without_an_exception()
    {
        var random = new Random(4180);
        for (var i = 0; i < 150; i++)
        {
            var bytes = new byte[random.Next(0, 400)];
            foreach (ref var b in bytes.AsSpan()) b = (byte)(random.Next(4) == 0 ? random.Next(256) : "\",\n\r;2015-02 {}:"[random.Next(16)]);
            var isJson = i % 2 == 0;
            File.WriteAllBytes(Path.Combine(fixture.Folder, "f"), [.. isJson ? [] : "time,v\n"u8, .. bytes]);
            var adapter = fixture.Make<ReplayAdapter>($"{{ id: f{i}, type: replay, file: f, format: {(isJson ? "jsonl" : "csv")}, time: time, speed: max, points: [ {{ name: v }} ] }}");
            await adapter.RunAsync(fixture, stop);
            Assert.True(adapter.Completed);
        }
    }

    [Fact]
    public async Task A_real_recording_is_replayed_whole()
    {
        var file = AdapterFixture.Shared("data/nab/data/realKnownCause/machine_temperature_system_failure.csv");
        var adapter = Replay(file: $"'{file}'");
        await adapter.RunAsync(fixture, stop);
        Assert.Equal(File.ReadLines(file).Count() - 1, fixture.Readings.Count());
        Assert.Equal((First, 73.96732207, 0), (fixture.Readings.First().TimeMs, fixture.Readings.First().Value.Number, adapter.BadRows));
    }

    [Fact]
    public async Task One_reading_is_shown_without_touching_the_progress()
    {
        Machine(3);
        Assert.Equal(70, Assert.Single(await Replay().ReadOnceAsync(stop)).Value.Number);
        Assert.Null(fixture.Saved("boiler"));
    }
}
