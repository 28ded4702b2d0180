using System.IO.Compression;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>Order, back-pressure and failures of the writer, against answers that the test controls.</summary>
public class InfluxPipelineTests
{
    private static readonly PointId Point = new("s", "d", "p");
    private readonly ScriptedServer server = new();
    private readonly ManualTimeProvider time = new(0);
    private readonly DeadLetterBox letters = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_requests_are_under_way_and_the_third_waits()
    {
        await using var store = Store();
        await store.WriteAsync([Row(1)], 10, Cancellation);
        await store.WriteAsync([Row(2)], 20, Cancellation);
        var third = store.WriteAsync([Row(3)], 30, Cancellation).AsTask();
        var (first, second) = (await server.NextAsync(), await server.NextAsync());
        Assert.False(third.IsCompleted);
        // The second is done first: the position waits for the first.
        second.Reply(204);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, store.DurablePosition);
        first.Reply(204);
        await third;
        (await server.NextAsync()).Reply(204);
        await store.FlushAsync(Cancellation);
        Assert.Equal(30, store.DurablePosition);
    }

    [Fact]
    public async Task A_request_that_failed_behind_the_callers_back_is_sent_again_first()
    {
        await using var store = Store();
        await store.WriteAsync([Row(1)], 10, Cancellation);
        (await server.NextAsync()).Reply(503, "request throttled, queue full", retryAfter: 7);
        var flush = store.FlushAsync(Cancellation).AsTask();
        // Either the flush saw the failure, or it sends again; both end in the same place.
        var next = server.NextAsync();
        var seen = await Task.WhenAny(flush, next);
        if (seen == flush)
        {
            var error = await Assert.ThrowsAsync<TelemetryUnavailableException>(() => flush);
            Assert.Equal(TimeSpan.FromSeconds(7), error.RetryAfter);
            Assert.Contains("queue full", error.Message);
            Assert.Equal(0, store.DurablePosition);
            flush = store.FlushAsync(Cancellation).AsTask();
        }
        (await next).Reply(204);
        await flush;
        Assert.Equal(10, store.DurablePosition);
    }

    [Fact]
    public async Task A_repeated_time_waits_for_the_request_before()
    {
        await using var store = Store();
        await store.WriteAsync([Row(1)], 10, Cancellation);
        var repeat = store.WriteAsync([Row(1) with { Value = ReadingValue.FromNumber(9) }], 20, Cancellation).AsTask();
        var first = await server.NextAsync();
        Assert.True(server.IsIdle);
        Assert.False(repeat.IsCompleted);
        first.Reply(204);
        await repeat;
        var second = await server.NextAsync();
        Assert.Equal("temperature,device=d,point=p,site=s value=9 1\n", second.Text);
        second.Reply(204);
    }

    [Theory]
    [InlineData(500, "{\"error\":\"engine: cache-max-memory-size exceeded\"}", "cache-max-memory-size")]
    [InlineData(503, "request throttled, queue full", "throttled")]
    [InlineData(429, "{\"message\":\"slow down\"}", "slow down")]
    [InlineData(401, "{\"error\":\"authorization failed\"}", "--influx-user")]
    [InlineData(403, "{\"error\":\"not authorized\"}", "GRANT WRITE")]
    [InlineData(404, "{\"error\":\"database not found: \\\"cityedge\\\"\"}", "could not be created")]
    [InlineData(500, "{\"error\":\"retention policy not found: raw\"}", "retention policy not found")]
    [InlineData(302, "moved", "302")]
    public async Task What_is_not_about_the_lines_is_never_a_dead_letter(int status, string body, string said)
    {
        await using var store = Store();
        await store.WriteAsync([Row(1)], 10, Cancellation);
        var flush = store.FlushAsync(Cancellation).AsTask();
        while (!flush.IsCompleted)
        {
            var next = server.NextAsync();
            if (await Task.WhenAny(flush, next) == flush) break;
            (await next).Reply(status, body);
        }
        var error = await Assert.ThrowsAsync<TelemetryUnavailableException>(() => flush);
        Assert.Contains(said, error.Message);
        Assert.Empty(letters.All);
        Assert.Equal(0, store.DurablePosition);
    }

    [Fact]
    public async Task Too_large_is_halved_until_it_fits()
    {
        await using var store = Store();
        await store.WriteAsync([.. Enumerable.Range(0, 8).Select(Row)], 10, Cancellation);
        var flush = store.FlushAsync(Cancellation).AsTask();
        var kept = 0;
        while (kept < 8)
        {
            var write = await server.NextAsync();
            var lines = write.Text.Count(c => c == '\n');
            write.Reply(lines > 2 ? 413 : 204);
            if (lines <= 2) kept += lines;
        }
        await flush;
        Assert.Empty(letters.All);
        Assert.Equal(10, store.DurablePosition);
    }

    [Fact]
    public async Task A_dead_letter_box_that_fails_holds_the_position()
    {
        var fails = true;
        await using var store = new InfluxTelemetryStore(new InfluxOptions { Url = new("http://127.0.0.1:1") }, time, (_, _) => fails ? throw new IOException("disk full") : ValueTask.CompletedTask, null, server);
        await store.WriteAsync([Row(1) with { Value = ReadingValue.FromNumber(double.NaN) }], 10, Cancellation);
        await Assert.ThrowsAsync<TelemetryUnavailableException>(async () => await store.FlushAsync(Cancellation));
        Assert.Equal(0, store.DurablePosition);
        fails = false;
        await store.FlushAsync(Cancellation);
        Assert.Equal(10, store.DurablePosition);
    }

    [Theory]
    [InlineData(1, null, "none")]
    [InlineData(1, "v2.7.1", "v2.7.1")]
    [InlineData(2, "1.8.10", "1.8.10")]
    public async Task An_unknown_server_is_not_written_to(int wanted, string? version, string said)
    {
        server.Version = version;
        await using var store = Store(new InfluxOptions { Url = new("http://127.0.0.1:1"), Version = wanted });
        var error = await Assert.ThrowsAsync<TelemetryUnavailableException>(async () => await store.WriteAsync([Row(1)], 1, Cancellation));
        Assert.Contains(said, error.Message);
        Assert.Contains("--influx-version", error.Message);
        Assert.True(server.IsIdle);
    }

    [Theory]
    [InlineData(1, "1.6.7", "/write?db=city%20edge&rp=raw&precision=ms", "Basic dTpw")]
    [InlineData(2, "v2.7.1", "/api/v2/write?org=o&bucket=city%20edge&precision=ms", "Token t")]
    [InlineData(3, null, "/api/v3/write_lp?db=city%20edge&precision=millisecond&accept_partial=true", "Bearer t")]
    public async Task Each_version_has_its_own_address_and_credentials(int version, string? named, string path, string authorization)
    {
        server.Version = named;
        await using var store = Store(new InfluxOptions { Url = new("http://influx.example:8086"), Version = version, Database = "city edge", Organisation = "o", Token = "t", User = "u", Password = "p" });
        await store.WriteAsync([Row(1)], 1, Cancellation);
        var write = await server.NextAsync();
        write.Reply(204);
        Assert.Equal((path, authorization, "gzip"), (write.Path, write.Authorization, write.Encoding));
        using var unpacked = new StreamReader(new GZipStream(new MemoryStream(write.Body), CompressionMode.Decompress));
        Assert.Equal("temperature,device=d,point=p,site=s value=1 1\n", await unpacked.ReadToEndAsync(Cancellation));
    }

    [Fact]
    public void Lines_are_what_the_contract_says_and_cost_no_allocation()
    {
        var encoder = new LineEncoder(100_000, int.MaxValue);
        var batch = new InfluxBatch();
        batch.Begin(0, 0);
        encoder.Fill(batch, [Row(5) with { Quality = Quality.Stuck }, Row(5), new(new("a b", "c,d", "e=f"), PointKind.Text, -7, ReadingValue.FromText("\"q\" \\"), Quality.Good)], 0);
        Assert.Equal("""
            temperature,device=d,point=p,site=s value=5,quality=4i 5
            temperature,device=d,point=p,site=s value=5,quality=0i 5
            text,device=c\,d,point=e\=f,site=a\ b text="\"q\" \\" -7

            """.ReplaceLineEndings("\n"), Encoding.UTF8.GetString(batch.Bytes, 0, batch.Length));
        var rows = Enumerable.Range(0, 5000).Select(i => Row(i) with { Value = ReadingValue.FromNumber(i * 0.37) }).ToList();
        batch.Begin(1, 0);
        encoder.Fill(batch, rows, 0);
        batch.Begin(2, 0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        encoder.Fill(batch, rows, 0);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(batch.AfterPrevious);
    }

    [Fact]
    public void Settings_that_cannot_be_are_refused_by_name()
    {
        using var folder = new TempFolder();
        void Fails(string said, TelemetryOptions options) => Assert.Contains(said, Assert.Throws<ArgumentException>(() => TelemetryStores.Create(options, time)).Message);
        var influx = new TelemetryOptions { Kind = "influx", Directory = folder.Path, InfluxUrl = "http://127.0.0.1:8086" };
        Fails("--telemetry", influx with { Kind = "sqlite" });
        Fails("--influx-url", influx with { InfluxUrl = null });
        Fails("--influx-url", influx with { InfluxUrl = "http://u:secret@h:1" });
        Fails("--influx-version", influx with { InfluxVersion = 4 });
        Fails("--influx-org", influx with { InfluxVersion = 2 });
        Fails("--influx-password-file", influx with { InfluxUser = "u" });
        Fails("none.txt", influx with { InfluxUser = "u", InfluxPasswordFile = folder.Sub("none.txt") });
    }

    private InfluxTelemetryStore Store(InfluxOptions? options = null) => new(options ?? new InfluxOptions { Url = new("http://127.0.0.1:1") }, time, letters.AcceptAsync, null, server);

    private static TelemetryRow Row(int i) => new(Point, PointKind.Temperature, i, ReadingValue.FromNumber(i), Quality.Good);
}
