using System.Globalization;
using System.Net;

namespace CityEdge.Hub.Tests;

/// <summary>What is normal is learned from the recording that a device sends, and outlives restarts of the hub.</summary>
public sealed class LearnedAlarmTests
{
    private const string Recording = "data/nab/data/realTraffic/occupancy_6005.csv";
    private const int Batch = 50;

    private const string Rule = """
        id: unusual
        title: { zh: 异常, en: Unusual }
        signal: value
        raise: [ { severity: P3, when: "anomaly() >= 0.5" } ]
        clear: { when: "anomaly() < 0.3" }
        ticket: { wait: 0s }
        """;

    // What NAB labels in this recording.
    private static readonly long From = DateTimeOffset.Parse("2015-09-14T17:45:00Z", CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
    private static readonly long To = DateTimeOffset.Parse("2015-09-15T17:24:00Z", CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    [Fact]
    public async Task An_alarm_is_raised_where_the_recording_is_labelled_and_restarts_in_between_change_nothing()
    {
        var rows = NabFile.Read(Recording).Rows;
        using var folder = new TemporaryFolder();
        var straight = await RunAsync(folder["straight"], rows, []);
        var restarted = await RunAsync(folder["restarted"], rows, [150, 1300, 2000]);
        Assert.Equal(straight.Raised, restarted.Raised);
        Assert.Equal((straight.Decided, straight.Learned), (restarted.Decided, restarted.Learned));
        Assert.Contains(straight.Raised, at => From <= at && at <= To);
        Assert.Matches(@"^(below|above) \d+\.\d % of ", straight.Learned);
    }

    /// <summary>Sends the recording to a hub that is stopped and started before the given rows.</summary>
    private static async Task<(List<long> Raised, string Decided, string Learned)> RunAsync(string data, IReadOnlyList<(long TimeMs, double Value)> rows, int[] restarts)
    {
        var clock = new ManualTimeProvider();
        var hub = await RunningHub.StartAsync(data, o => o with { MaxAge = null }, clock);
        try
        {
            (await hub.PutRuleAsync("unusual", Rule)).Is(HttpStatusCode.Created);
            await hub.PublishAsync("road/6005", "status", """{"state":"online","points":[{"name":"occupancy","kind":"value"}]}""");
            for (var at = 0; at < rows.Count; at += Batch)
            {
                if (restarts.Contains(at))
                {
                    await hub.DisposeAsync();
                    hub = await RunningHub.StartAsync(data, o => o with { MaxAge = null }, clock);
                }
                var records = rows.Skip(at).Take(Batch).Select(row => string.Create(CultureInfo.InvariantCulture, $$"""{"n":"occupancy","v":{{row.Value}},"t":{{row.TimeMs / 1000}}}"""));
                await hub.TelemetryAsync("road/6005", $"[{string.Join(',', records)}]");
            }
            var alarms = await hub.ListAsync("/api/v1/alarms");
            var explained = await hub.GetAsync($"/api/v1/alarms/{alarms[0].Text("id")}/explain");
            var learned = explained.GetProperty("states").EnumerateArray().Single().Text("learned");
            return (alarms.ConvertAll(alarm => alarm.Ms("raised_at")), string.Join('\n', alarms.Select(alarm => $"{alarm.Text("id")} {alarm.Text("state")} {alarm.GetProperty("cleared_at")} {alarm.GetProperty("value")}")), learned);
        }
        finally
        {
            await hub.DisposeAsync();
        }
    }
}
