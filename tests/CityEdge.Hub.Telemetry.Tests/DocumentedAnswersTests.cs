using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>Every status code and body that the manuals of InfluxDB 1, 2 and 3 name, and what the writer does: store, halve, keep as dead letters, wait, or stop.</summary>
public class DocumentedAnswersTests
{
    private const long Now = 1_790_000_000_000;
    private static readonly PointId Point = new("s", "d", "p");
    private readonly DeadLetterBox letters = new();
    private readonly ManualTimeProvider wall = new(Now);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, "partial", "field type conflict: input field \"value\" on measurement \"temperature\" is type string, already exists as type float")]
    [InlineData(2, "partial", "field type conflict: input field \"value\" on measurement \"temperature\" is type float, already exists as type integer")]
    [InlineData(2, "whole", "missing fields")]
    [InlineData(3, "listed", "invalid column type for column 'value', expected iox::column_type::field::integer, got iox::column_type::field::float")]
    [InlineData(3, "first", "Detected a new tag 'x' in write. The tag set is immutable on first write to the table.")]
    [InlineData(3, "whole", "Adding a new table would exceed limit of 2000 tables")]
    public async Task A_refused_line_is_a_dead_letter_with_the_servers_words_and_the_others_are_stored(int version, string manner, string words)
    {
        using var server = new DocumentedInflux(version, manner) { Refuses = line => IsBad(line) ? words : null };
        await using var store = Store(server, version);
        await store.WriteAsync([.. Enumerable.Range(0, 3000).Select(Row)], 77, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(77, store.DurablePosition);
        Assert.Equal(Enumerable.Range(0, 3000).Where(i => i % 1000 != 7).Select(Line).ToHashSet(), server.Stored);
        Assert.Equal(Enumerable.Range(0, 3).Select(i => Line((i * 1000) + 7)).Order(), letters.All.Select(l => Encoding.UTF8.GetString(l.Payload).TrimEnd('\n')).Order());
        Assert.All(letters.All, l => Assert.Equal(("sink_refused", "s/d"), (l.Reason, l.Device)));
        Assert.All(letters.All, l => Assert.Contains(words, l.Message));
    }

    [Theory]
    [InlineData(2, "whole")]
    [InlineData(3, "listed")]
    [InlineData(3, "first")]
    public async Task However_many_lines_are_refused_the_good_ones_are_stored(int version, string manner)
    {
        using var server = new DocumentedInflux(version, manner) { Refuses = line => line.EndsWith('3') ? "bad" : null };
        await using var store = Store(server, version);
        await store.WriteAsync([.. Enumerable.Range(0, 1000).Select(Row)], 5, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal((900, 100), (server.Stored.Count, letters.All.Count));
        Assert.Equal(5, store.DurablePosition);
    }

    [Theory]
    [InlineData("{\"error\":\"partial write of line protocol occurred\",\"data\":[{\"original_line\":\"other,device=x value=1\",\"line_number\":2,\"error_message\":\"bad\"}]}")]
    [InlineData("{\"error\":\"partial write of line protocol occurred\",\"data\":[{\"original_line\":\"temperature\",\"line_number\":99,\"error_message\":\"bad\"}]}")]
    [InlineData("{\"error\":\"partial write of line protocol occurred\",\"data\":\"nonsense\"}")]
    public async Task A_list_of_lines_that_does_not_fit_the_request_is_not_believed(string body)
    {
        using var server = new DocumentedInflux(3);
        server.Next.Enqueue(() => DocumentedInflux.Answer(400, body));
        await using var store = Store(server, 3);
        await store.WriteAsync([.. Enumerable.Range(0, 8).Select(Row)], 5, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Empty(letters.All);
        Assert.Equal(8, server.Stored.Count);
    }

    [Theory]
    [InlineData(1, 500, "{\"error\":\"engine: cache-max-memory-size exceeded: (320000/200000)\"}", null, null)]
    [InlineData(1, 503, "request throttled, queue full", null, null)]
    [InlineData(2, 429, "{\"code\":\"too many requests\",\"message\":\"org 1 has exceeded limited write plan limit\"}", "37", 37)]
    [InlineData(2, 503, "{\"code\":\"unavailable\",\"message\":\"server is temporarily unavailable\"}", "Mon, 21 Sep 2026 14:15:20 GMT", 120)]
    [InlineData(2, 503, "{\"code\":\"unavailable\",\"message\":\"server is temporarily unavailable\"}", "Mon, 21 Sep 2026 13:00:00 GMT", 0)]
    [InlineData(2, 503, "{\"code\":\"unavailable\",\"message\":\"server is temporarily unavailable\"}", "soon", null)]
    [InlineData(2, 429, "{\"code\":\"too many requests\",\"message\":\"limit\"}", "86400", 900)]
    [InlineData(2, 500, "{\"code\":\"internal error\",\"message\":\"unexpected error writing points to database: timeout\"}", null, null)]
    [InlineData(3, 503, "{\"error\":\"buffer full\"}", "5", 5)]
    [InlineData(3, 500, "internal server error", null, null)]
    [InlineData(2, 502, "<html>Bad Gateway</html>", null, null)]
    [InlineData(2, 504, "", null, null)]
    public async Task Busy_is_waited_for_as_long_as_the_server_asks(int version, int status, string body, string? retryAfter, int? seconds)
    {
        using var server = new DocumentedInflux(version);
        server.Next.Enqueue(() => DocumentedInflux.Answer(status, body, retryAfter));
        await using var store = Store(server, version);
        var problems = await DriveAsync(store);
        var problem = Assert.Single(problems);
        Assert.Equal((TelemetryTrouble.Busy, seconds), (problem.Trouble, (int?)problem.RetryAfter?.TotalSeconds));
        Assert.Contains(status.ToString(System.Globalization.CultureInfo.InvariantCulture), problem.Message);
        Assert.Empty(letters.All);
        Assert.Equal((40, 7), (server.Stored.Count, store.DurablePosition));
    }

    [Theory]
    [InlineData(1, 401, "{\"error\":\"authorization failed\"}", "--influx-user", "authorization failed")]
    [InlineData(1, 403, "{\"error\":\"\\\"hub\\\" user is not authorized to write to database \\\"cityedge\\\"\"}", "GRANT WRITE", "not authorized to write")]
    [InlineData(1, 404, "{\"error\":\"database not found: \\\"cityedge\\\"\"}", "Create 'cityedge'", "database not found")]
    [InlineData(1, 500, "{\"error\":\"retention policy not found: raw\"}", "Create 'cityedge'", "retention policy not found")]
    [InlineData(2, 401, "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}", "--influx-token", "unauthorized access")]
    [InlineData(2, 403, "{\"code\":\"forbidden\",\"message\":\"insufficient permissions for write\"}", "--influx-token", "insufficient permissions")]
    [InlineData(2, 404, "{\"code\":\"not found\",\"message\":\"bucket \\\"cityedge\\\" not found\"}", "--influx-bucket", "bucket \"cityedge\" not found")]
    [InlineData(3, 401, "{\"error\":\"the request was not authenticated\"}", "--influx-token", "not authenticated")]
    [InlineData(3, 403, "{\"error\":\"access denied\"}", "--influx-token", "access denied")]
    [InlineData(3, 404, "not found", "Create 'cityedge'", "not found")]
    public async Task A_refusal_that_only_people_can_mend_stops_the_sink_until_it_is_mended(int version, int status, string body, string mend, string words)
    {
        using var server = new DocumentedInflux(version);
        await using var store = Store(server, version);
        // It worked, and then it does not any more.
        await store.WriteAsync([Row(-1)], 1, Cancellation);
        await store.FlushAsync(Cancellation);
        var probes = server.Probe.Probes;
        server.Always = () => DocumentedInflux.Answer(status, body);
        var before = server.Batches;
        var waits = new List<double>();
        for (var look = 0; look < 8; look++)
        {
            var problem = Assert.Single(await DriveAsync(store, attempts: 1));
            Assert.Equal(TelemetryTrouble.Stopped, problem.Trouble);
            Assert.Contains(mend, problem.Message);
            Assert.Contains(words, problem.Message);
            Assert.Contains("http://127.0.0.1:1/", problem.Message);
            waits.Add(problem.RetryAfter!.Value.TotalSeconds);
        }
        Assert.Equal([5, 10, 20, 40, 60, 60, 60, 60], waits);
        // The first batch found out (twice, where a missing database was to be made first); after that only probes were sent.
        Assert.InRange(server.Batches - before, 1, 2);
        Assert.Equal(probes, server.Probe.Probes);
        // Once a minute somebody else asks for maintenance: nothing is sent for that.
        var pings = server.Pings;
        await store.MaintainAsync(Now, Cancellation);
        Assert.Equal(pings, server.Pings);
        server.Always = null;
        Assert.Empty(await DriveAsync(store));
        Assert.Equal((41, 7), (server.Stored.Count, store.DurablePosition));
        Assert.Empty(letters.All);
        // Mended is forgotten: the next refusal is looked at soon again.
        server.Always = () => DocumentedInflux.Answer(status, body);
        Assert.Equal(5, Assert.Single(await DriveAsync(store, attempts: 1)).RetryAfter!.Value.TotalSeconds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Too_large_is_halved_and_a_line_that_is_too_large_alone_is_a_dead_letter(int version)
    {
        using var server = new DocumentedInflux(version) { MaxBody = 1000 };
        await using var store = Store(server, version);
        await store.WriteAsync([.. Enumerable.Range(0, 100).Select(Row), Row(100) with { Kind = PointKind.Text, Value = ReadingValue.FromText(new string('x', 2000)) }], 7, Cancellation);
        await store.FlushAsync(Cancellation);
        Assert.Equal(100, server.Stored.Count);
        Assert.Contains("oo", Assert.Single(letters.All).Message);
        Assert.Equal(7, store.DurablePosition);
    }

    [Fact]
    public async Task A_server_that_keeps_times_in_another_unit_is_not_written_to()
    {
        using var server = new DocumentedInflux(1);
        server.Probe.Keep = time => time / 1_000_000;
        await using var store = Store(server, 1);
        var problem = Assert.Single(await DriveAsync(store, attempts: 1));
        Assert.Equal(TelemetryTrouble.Stopped, problem.Trouble);
        Assert.Contains("2026-09-21T14:13:20.000Z at 1970-01-01T00:29:50.000Z", problem.Message);
        Assert.Equal((0, 0), (server.Batches, server.Stored.Count));
        server.Probe.Keep = time => time;
        Assert.Empty(await DriveAsync(store));
        Assert.Equal(1, server.Probe.Deleted);
        Assert.Equal(40, server.Stored.Count);
    }

    [Fact]
    public async Task A_probe_that_does_not_come_back_stops_the_sink()
    {
        using var server = new DocumentedInflux(2);
        server.Probe.Keep = _ => null;
        await using var store = Store(server, 2, TimeProvider.System);
        var problem = Assert.Single(await DriveAsync(store, attempts: 1));
        Assert.Equal(TelemetryTrouble.Stopped, problem.Trouble);
        Assert.Contains("does not give it back", problem.Message);
        Assert.Equal(0, server.Batches);
    }

    [Fact]
    public async Task A_user_who_may_not_read_may_write_all_the_same()
    {
        using var server = new DocumentedInflux(1);
        server.Probe.QueryAnswer = "{\"results\":[{\"statement_id\":0,\"error\":\"not authorized to read\"}]}";
        await using var store = Store(server, 1);
        Assert.Empty(await DriveAsync(store));
        Assert.Equal(40, server.Stored.Count);
    }

    [Fact]
    public async Task A_point_of_now_that_is_too_old_for_the_server_stops_the_sink()
    {
        using var server = new DocumentedInflux(1) { Always = () => DocumentedInflux.Answer(400, "{\"error\":\"partial write: points beyond retention policy dropped=1\"}") };
        await using var store = Store(server, 1);
        var problem = Assert.Single(await DriveAsync(store, attempts: 1));
        Assert.Equal(TelemetryTrouble.Stopped, problem.Trouble);
        Assert.Contains("clock", problem.Message);
        Assert.Empty(letters.All);
    }

    private static bool IsBad(string line) => line.EndsWith("007", StringComparison.Ordinal);

    /// <summary>As the hub's consumer does: the same rows until they are taken. Returns what went wrong on the way.</summary>
    private static async Task<List<TelemetryUnavailableException>> DriveAsync(InfluxTelemetryStore store, int attempts = 20)
    {
        var problems = new List<TelemetryUnavailableException>();
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            try
            {
                await store.WriteAsync([.. Enumerable.Range(0, 40).Select(Row)], 7, Cancellation);
                await store.FlushAsync(Cancellation);
                return problems;
            }
            catch (TelemetryUnavailableException problem)
            {
                problems.Add(problem);
            }
        }
        return problems;
    }

    private InfluxTelemetryStore Store(DocumentedInflux server, int version, TimeProvider? clock = null) =>
        new(new InfluxOptions { Url = new("http://127.0.0.1:1"), Version = version, Organisation = "o", Token = "t" }, wall, letters.AcceptAsync, null, server, clock ?? wall);

    private static TelemetryRow Row(int i) => new(Point, PointKind.Temperature, Now + i, ReadingValue.FromNumber(i), Quality.Good);

    private static string Line(int i) => $"temperature,device=d,point=p,site=s value={i} {Now + i}";
}
