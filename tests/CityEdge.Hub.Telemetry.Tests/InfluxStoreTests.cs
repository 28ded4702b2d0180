using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>Against a real influxd.</summary>
public class InfluxStoreTests(InfluxServerFixture fixture) : IClassFixture<InfluxServerFixture>
{
    private const long Start = 1_760_000_000_000;
    private static readonly PointId Point = new("bj-01", "kiosk-7", "boiler.temperature");
    private readonly DeadLetterBox letters = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_type_comes_back_as_it_was_written()
    {
        await using var store = Store(fixture.Server, fixture.NewDatabase());
        var values = new[] { 21.5, -0.0, 0.1 + 0.2, double.MaxValue, double.Epsilon, 1e16, -40, 9007199254740993 };
        var rows = values.Select((v, i) => new TelemetryRow(Point, PointKind.Temperature, Start + i, ReadingValue.FromNumber(v), (Quality)i)).ToList();
        var door = Point with { Name = "door" };
        rows.Add(new TelemetryRow(door, PointKind.Contact, Start, ReadingValue.FromBoolean(true), Quality.Good));
        rows.Add(new TelemetryRow(door, PointKind.Contact, Start + 1, ReadingValue.FromBoolean(false), Quality.Stuck));
        var text = Point with { Name = "state" };
        const string Nasty = "say \"hi\" \\ there, a=b\n第二行\r\ttab 'x'";
        rows.Add(new TelemetryRow(text, PointKind.Text, Start, ReadingValue.FromText(Nasty), Quality.Good));
        rows.Add(new TelemetryRow(text, PointKind.Text, Start + 1, ReadingValue.FromText(""), Quality.Good));
        rows.Add(new TelemetryRow(text, PointKind.Text, Start + 2, ReadingValue.FromData([1, 2, 255]), Quality.Good));
        await store.WriteAsync(rows, 77, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(77, store.DurablePosition);
        var numbers = await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 100, 100, Cancellation);
        Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), numbers.Select(n => BitConverter.DoubleToInt64Bits(n.Value.Number)));
        Assert.Equal(Enumerable.Range(0, 8), numbers.Select(n => (int)n.Quality));
        Assert.Equal([true, false], (await store.ReadAsync(door, PointKind.Contact, 0, long.MaxValue, 100, Cancellation)).Select(f => f.Value.Boolean));
        Assert.Equal([Nasty, "", "AQL/"], (await store.ReadAsync(text, PointKind.Text, long.MinValue, long.MaxValue, 100, Cancellation)).Select(f => f.Value.Text));
        Assert.Equal(new StoredReading(Start + 1, ReadingValue.FromBoolean(false), Quality.Stuck), await store.LastAsync(door, PointKind.Contact, Cancellation));
        Assert.Null(await store.LastAsync(Point, PointKind.Power, Cancellation));
        Assert.Empty(letters.All);
    }

    [Fact]
    public async Task The_later_row_of_a_time_wins_in_a_batch_and_between_batches()
    {
        await using var store = Store(fixture.Server, fixture.NewDatabase(), maxLines: 3);
        var rows = Enumerable.Range(0, 60).Select(i => new TelemetryRow(Point, PointKind.Temperature, Start + (i % 4), ReadingValue.FromNumber(i), i < 50 ? Quality.Jump : Quality.Good)).ToList();
        await store.WriteAsync(rows, 1, Cancellation);
        await store.WriteAsync([rows[0] with { Value = ReadingValue.FromNumber(1000), Quality = Quality.Good }], 2, Cancellation);
        await store.FlushAsync(Cancellation);
        var back = await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 100, 100, Cancellation);
        Assert.Equal([1000, 57, 58, 59], back.Select(r => r.Value.Number));
        Assert.All(back, r => Assert.Equal(Quality.Good, r.Quality));
    }

    [Fact]
    public async Task Refused_lines_become_dead_letters_and_no_other_line_is_lost()
    {
        var database = fixture.NewDatabase();
        await using var store = Store(fixture.Server, database);
        await store.WriteAsync([Row(0)], 1, Cancellation);
        await store.FlushAsync(Cancellation);
        // Another program has taken the field with another type.
        Assert.Equal(System.Net.HttpStatusCode.NoContent, await fixture.Server.WriteAsync(database, $"humidity,device=x,point=y,site=z value=\"text\" {Start}\n"));
        var rows = Enumerable.Range(1, 3000).Select(i => i is 7 or 1500 or 2999 ? Row(i) with { Kind = PointKind.Humidity } : Row(i)).ToList();
        await store.WriteAsync(rows, 2, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(2, store.DurablePosition);
        Assert.Equal(2998, (await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 10_000, 10_000, Cancellation)).Count);
        Assert.Equal(3, letters.All.Count);
        Assert.All(letters.All, l => Assert.Equal(("sink_refused", "bj-01/kiosk-7"), (l.Reason, l.Device)));
        Assert.All(letters.All, l => Assert.StartsWith("humidity,", Encoding.UTF8.GetString(l.Payload)));
        Assert.All(letters.All, l => Assert.Contains("type conflict", l.Message));
    }

    [Fact]
    public async Task A_batch_of_nothing_but_refused_lines_ends_after_a_bounded_number_of_requests()
    {
        var database = fixture.NewDatabase();
        await using var store = Store(fixture.Server, database);
        await store.WriteAsync([Row(0)], 1, Cancellation);
        await store.FlushAsync(Cancellation);
        await fixture.Server.WriteAsync(database, $"temperature,device=x,point=y,site=z text=5 {Start}\n");
        await store.WriteAsync([.. Enumerable.Range(1, 2000).Select(i => Row(i) with { Value = ReadingValue.FromText("t" + i) })], 2, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(2000, letters.All.Count);
        Assert.Equal(2, store.DurablePosition);
    }

    [Fact]
    public async Task What_cannot_be_a_line_is_refused_before_it_is_sent()
    {
        await using var store = Store(fixture.Server, fixture.NewDatabase());
        await store.WriteAsync([Row(0) with { Value = ReadingValue.FromNumber(double.NaN) }, Row(1), Row(2) with { Value = default }, Row(3) with { TimeMs = long.MaxValue }], 5, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(["bad_record", "bad_record", "not_finite"], letters.All.Select(l => l.Reason).Order());
        Assert.Single(await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 100, 100, Cancellation));
        Assert.Equal(5, store.DurablePosition);
    }

    [Fact]
    public async Task Lines_older_than_the_retention_are_dead_letters_and_newer_ones_are_kept()
    {
        var now = DateTimeOffset.UnixEpoch.AddMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()).ToUnixTimeMilliseconds();
        var database = fixture.NewDatabase();
        await using var store = Store(fixture.Server, database, retention: TimeSpan.FromHours(30));
        var rows = Enumerable.Range(0, 40).Select(i => Row(0) with { TimeMs = now - (i * 3_600_000L), Value = ReadingValue.FromNumber(i) }).ToList();
        await store.WriteAsync(rows, 9, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(9, store.DurablePosition);
        var back = await store.ReadAsync(Point, PointKind.Temperature, 0, now + 1, 100, Cancellation);
        Assert.Equal(40, back.Count + letters.All.Count);
        Assert.InRange(letters.All.Count, 9, 11);
        Assert.All(letters.All, l => Assert.Contains("retention", l.Message));
        var policies = await fixture.Server.ExecuteAsync($"SHOW RETENTION POLICIES ON {InfluxDialects.Quote(database)}");
        Assert.Contains("[\"raw\",\"30h0m0s\",\"1h0m0s\",1,true]", policies);
        Assert.Contains("\"hourly\"", policies);
    }

    [Fact]
    public async Task A_database_dropped_while_running_is_made_again()
    {
        var database = fixture.NewDatabase();
        await using var store = Store(fixture.Server, database);
        await store.WriteAsync([Row(0)], 1, Cancellation);
        await store.FlushAsync(Cancellation);
        await fixture.Server.ExecuteAsync($"DROP DATABASE {InfluxDialects.Quote(database)}");
        Assert.Empty(await store.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, 10, Cancellation));
        await store.WriteAsync([Row(1)], 2, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Single(await store.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, 10, Cancellation));
    }

    [Fact]
    public async Task A_server_that_is_down_is_waited_for_and_nothing_is_lost()
    {
        await using var server = await InfluxServer.StartAsync();
        using var folder = new TempFolder();
        var store = Store(server, "cityedge", directory: folder.Path);
        await store.WriteAsync([Row(0)], 10, Cancellation);
        await store.FlushAsync(Cancellation);
        await server.KillAsync();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var error = await Assert.ThrowsAsync<TelemetryUnavailableException>(async () =>
            {
                await store.WriteAsync([Row(1)], 20, Cancellation);
                await store.FlushAsync(Cancellation);
            });
            Assert.Contains("cannot be reached", error.Message);
        }
        Assert.Equal(10, store.DurablePosition);
        await server.StartAgainAsync();
        await store.WriteAsync([Row(1), Row(2)], 20, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(20, store.DurablePosition);
        Assert.Equal(3, (await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 100, 100, Cancellation)).Count);
        await store.DisposeAsync();
        await using var again = Store(server, "cityedge", directory: folder.Path);
        Assert.Equal(20, again.DurablePosition);
    }

    [Fact]
    public async Task A_wrong_password_is_told_and_a_user_without_admin_rights_can_write()
    {
        await using var server = await InfluxServer.StartAsync(authentication: true);
        await using (var unset = Store(server, "cityedge"))
        {
            var early = await Assert.ThrowsAsync<TelemetryUnavailableException>(async () =>
            {
                await unset.WriteAsync([Row(0)], 1, Cancellation);
                await unset.FlushAsync(Cancellation);
            });
            Assert.Contains("--influx-user", early.Message);
        }
        await server.ExecuteAsync("CREATE USER admin WITH PASSWORD 'root' WITH ALL PRIVILEGES");
        foreach (var statement in new[] { "CREATE DATABASE cityedge WITH NAME raw", "CREATE USER hub WITH PASSWORD 'pä:ss'", "GRANT ALL ON cityedge TO hub" }) await server.ExecuteAsync(statement, "admin", "root");
        await using (var wrong = Store(server, "cityedge", user: "hub", password: "nope"))
        {
            var error = await Assert.ThrowsAsync<TelemetryUnavailableException>(async () =>
            {
                await wrong.WriteAsync([Row(0)], 1, Cancellation);
                await wrong.FlushAsync(Cancellation);
            });
            Assert.Contains("refuses user 'hub'", error.Message);
            Assert.DoesNotContain("nope", error.Message);
        }
        await using var store = Store(server, "cityedge", user: "hub", password: "pä:ss");
        await store.WriteAsync([Row(0)], 1, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Single(await store.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, 10, Cancellation));
    }

    [Fact]
    public async Task Long_answers_come_in_pages()
    {
        await using var store = Store(fixture.Server, fixture.NewDatabase());
        await store.WriteAsync([.. Enumerable.Range(0, 25_000).Select(Row)], 1, Cancellation);
        await store.FlushAsync(Cancellation);
        var all = await store.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, int.MaxValue, Cancellation);
        Assert.Equal(Enumerable.Range(0, 25_000).Select(i => Start + i), all.Select(r => r.TimeMs));
        Assert.Equal(12_345, (await store.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, 12_345, Cancellation)).Count);
        var counts = await store.AggregateAsync(Point, PointKind.Temperature, Start, Start + 25_000, TimeSpan.FromMilliseconds(2), AggregateFunction.Count, TimeZoneInfo.Utc, Cancellation);
        Assert.Equal(12_500, counts.Count);
    }

    [Fact]
    public async Task Aggregates_are_the_same_as_the_embedded_stores()
    {
        using var folder = new TempFolder();
        await using var embedded = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(0));
        await using var influx = Store(fixture.Server, fixture.NewDatabase());
        var random = new Random(11);
        var begin = DateTimeOffset.Parse("2026-10-23T00:00Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        var rows = Enumerable.Range(0, 400).Select(i => Row(0) with { TimeMs = begin + (i * 900_000L) + random.Next(600_000), Value = ReadingValue.FromNumber(random.Next(-100, 400) / 10.0) }).ToList();
        rows.AddRange(rows.Select(r => r with { Point = Point with { Name = "door" }, Kind = PointKind.Value, Value = ReadingValue.FromBoolean(r.Value.Number > 10) }).ToList());
        foreach (var store in new ITelemetryStore[] { embedded, influx })
        {
            await store.WriteAsync(rows, 1, Cancellation);
            await store.FlushAsync(Cancellation);
        }
        foreach (var zone in new[] { "Asia/Shanghai", "Europe/Berlin", "UTC", "Asia/Kathmandu" })
        {
            foreach (var minutes in new[] { 10, 60, 360, 420, 1440, 2880 })
            {
                foreach (var function in Enum.GetValues<AggregateFunction>())
                {
                    foreach (var (point, kind) in new[] { (Point, PointKind.Temperature), (Point with { Name = "door" }, PointKind.Value) })
                    {
                        async Task<IReadOnlyList<StoredReading>> Ask(ITelemetryStore s) => await s.AggregateAsync(point, kind, begin + 5_000_000, begin + 300_000_000, TimeSpan.FromMinutes(minutes), function, TimeZoneInfo.FindSystemTimeZoneById(zone), Cancellation);
                        var (expected, actual) = (await Ask(embedded), await Ask(influx));
                        Assert.Equal(expected.Select(r => (r.TimeMs, r.Value.Type, Math.Round(r.Value.AsNumber, 6))), actual.Select(r => (r.TimeMs, r.Value.Type, Math.Round(r.Value.AsNumber, 6))));
                    }
                }
            }
        }
    }

    private InfluxTelemetryStore Store(InfluxServer server, string database, int maxLines = 5000, TimeSpan? retention = null, string? directory = null, string? user = null, string? password = null) =>
        new(new InfluxOptions { Url = new Uri(server.Url), Database = database, MaxLines = maxLines, Retention = retention, Directory = directory, User = user, Password = password }, TimeProvider.System, letters.AcceptAsync);

    private static TelemetryRow Row(int i) => new(Point, PointKind.Temperature, Start + i, ReadingValue.FromNumber(i / 10.0), Quality.Good);
}
