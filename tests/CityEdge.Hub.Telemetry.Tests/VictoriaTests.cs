using CityEdge.Contracts;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>Against the real VictoriaMetrics 1.79 of Debian, by its path for InfluxDB 2.</summary>
public class VictoriaTests
{
    private const long Start = 1_760_000_000_000;
    private static readonly PointId Point = new("bj-01", "kiosk-7", "boiler.temperature");
    private readonly DeadLetterBox letters = new();
    private readonly ManualTimeProvider time = new(Start);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Numbers_and_flags_are_stored_at_their_times_and_texts_are_told_not_stored_as_0()
    {
        await using var server = await VictoriaServer.StartAsync();
        var log = new Lines();
        await using var store = Store(server, log);
        var door = Point with { Name = "door" };
        var text = Point with { Name = "state" };
        var rows = Enumerable.Range(0, 12_000).Select(i => Row(i)).ToList();
        rows[5] = rows[5] with { Quality = Quality.Stuck };
        rows.Add(new(door, PointKind.Contact, Start + 3, ReadingValue.FromBoolean(true), Quality.Good));
        rows.Add(new(door, PointKind.Contact, Start + 4, ReadingValue.FromBoolean(false), Quality.Jump));
        rows.AddRange(Enumerable.Range(0, 100).Select(i => new TelemetryRow(text, PointKind.Text, Start + i, ReadingValue.FromText("t" + i), Quality.Good)));
        await store.WriteAsync(rows, 77, Cancellation);
        await store.FlushAsync(Cancellation);

        var series = await server.ExportAsync("{device=\"kiosk-7\"}");
        Assert.Equal(["contact_flag", "contact_quality", "temperature_quality", "temperature_value"], series.Select(s => s.Labels["__name__"]).Order());
        var temperature = series.Single(s => s.Labels["__name__"] == "temperature_value");
        Assert.Equal(("bj-01", "kiosk-7", "boiler.temperature"), (temperature.Labels["site"], temperature.Labels["device"], temperature.Labels["point"]));
        Assert.Equal(Enumerable.Range(0, 12_000).Select(i => (Start + i, i * 0.5)), temperature.Rows);
        var letter = Assert.Single(letters.All);
        Assert.Contains("would store this text as 0", letter.Message);
        Assert.Contains("VictoriaMetrics, not InfluxDB", Assert.Single(log.Warnings));

        // And the readings API has its answers.
        Assert.Equal(rows.Take(12_000).Select(r => (r.TimeMs, r.Value.Number, r.Quality)), (await store.ReadAsync(Point, PointKind.Temperature, 0, long.MaxValue, int.MaxValue, Cancellation)).Select(r => (r.TimeMs, r.Value.Number, r.Quality)));
        Assert.Equal([1, 2, 3], (await store.ReadAsync(Point, PointKind.Temperature, Start + 1, Start + 4, 100, Cancellation)).Select(r => r.TimeMs - Start));
        Assert.Equal(10_500, (await store.ReadAsync(Point, PointKind.Temperature, Start, Start + 12_000, 10_500, Cancellation)).Count);
        Assert.Equal(new StoredReading(Start + 4, ReadingValue.FromBoolean(false), Quality.Jump), await store.LastAsync(door, PointKind.Contact, Cancellation));
        Assert.Null(await store.LastAsync(Point, PointKind.Power, Cancellation));
        var buckets = await store.AggregateAsync(Point, PointKind.Temperature, Start, Start + 12_000, TimeSpan.FromSeconds(1), AggregateFunction.Mean, TimeZoneInfo.Utc, Cancellation);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (Start + (i * 1000L), (i * 500.0) + 249.75)), buckets.Select(b => (b.TimeMs, b.Value.Number)));
    }

    [Fact]
    public async Task What_it_acknowledged_in_the_last_minute_is_given_again_after_its_death_and_stored_once()
    {
        using var folder = new TempFolder();
        await using var server = await VictoriaServer.StartAsync();
        var store = Store(server, null, folder.Path);
        await store.WriteAsync([.. Enumerable.Range(0, 100).Select(Row)], 10, Cancellation);
        await store.FlushAsync(Cancellation);
        // Acknowledged is not on disk there: the position waits.
        Assert.Equal(0, store.DurablePosition);
        time.Advance(PositionLag.Lag - TimeSpan.FromSeconds(1));
        await store.WriteAsync([.. Enumerable.Range(100, 100).Select(Row)], 20, Cancellation);
        await store.MaintainAsync(0, Cancellation);
        Assert.Equal(0, store.DurablePosition);
        time.Advance(TimeSpan.FromSeconds(2));
        await store.MaintainAsync(0, Cancellation);
        Assert.Equal(10, store.DurablePosition);
        await server.Child.KillAsync();
        await store.DisposeAsync();
        await server.StartAgainAsync();
        await using var again = Store(server, null, folder.Path);
        Assert.Equal(10, again.DurablePosition);
        // As the consumer does from the position on, and a little before it.
        await again.WriteAsync([.. Enumerable.Range(50, 150).Select(Row)], 20, Cancellation);
        await again.FlushAsync(Cancellation);
        var rows = Assert.Single(await server.ExportAsync("temperature_value")).Rows.Where(r => r.TimeMs >= Start + 50).ToList();
        Assert.Equal(Enumerable.Range(50, 150).Select(i => (Start + i, i * 0.5)), rows);
    }

    [Fact]
    public async Task Under_another_dialect_it_is_named_with_the_mend()
    {
        await using var server = await VictoriaServer.StartAsync();
        await using var store = new InfluxTelemetryStore(new InfluxOptions { Url = new Uri(server.Url), Version = 1 }, time, letters.AcceptAsync);
        var problem = await Assert.ThrowsAsync<TelemetryUnavailableException>(async () => await store.WriteAsync([Row(0)], 1, Cancellation));
        Assert.Equal(TelemetryTrouble.Stopped, problem.Trouble);
        Assert.Contains("VictoriaMetrics", problem.Message);
        Assert.Contains("--influx-version 2", problem.Message);
    }

    private InfluxTelemetryStore Store(VictoriaServer server, ILogger? log, string? directory = null) =>
        new(new InfluxOptions { Url = new Uri(server.Url), Version = 2, Organisation = "any", Directory = directory }, time, letters.AcceptAsync, log);

    private static TelemetryRow Row(int i) => new(Point, PointKind.Temperature, Start + i, ReadingValue.FromNumber(i * 0.5), Quality.Good);

    private sealed class Lines : ILogger
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning) Warnings.Add(formatter(state, exception));
        }
    }
}
