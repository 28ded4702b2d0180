using System.Globalization;
using System.Text;
using System.Text.Json;
using CityEdge.Mqtt;
using Microsoft.Data.Sqlite;

namespace CityEdge.Faults.Tests;

/// <summary>What the tests give to a hub, and what they find in it afterwards.</summary>
internal static class Evidence
{
    /// <summary>Publishes readings of one device at QoS 1 and returns when all are acknowledged.</summary>
    public static async Task PublishAsync(string mqtt, string site, string device, IEnumerable<(string Name, long TimeMs, double Value)> rows)
    {
        await using var client = new MqttClient(new MqttClientOptions { Url = $"mqtt://{mqtt}" });
        await client.StartAsync(TestContext.Current.CancellationToken);
        foreach (var pack in rows.Chunk(100))
        {
            var json = new StringBuilder("[").AppendJoin(',', pack.Select(r => Senml(r.Name, r.TimeMs, r.Value))).Append(']');
            var result = await client.PublishAsync(new MqttMessage($"cityedge/v1/{site}/{device}/telemetry", Encoding.UTF8.GetBytes(json.ToString())), TestContext.Current.CancellationToken);
            Assert.True(result.IsSuccess, $"{result}");
        }
    }

    public static string Senml(string name, long timeMs, double value) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"n":"{{name}}","u":"Cel","t":{{timeMs / 1000}}.{{timeMs % 1000:000}},"v":{{value:R}}}""");

    public static async Task<List<(long TimeMs, double Value)>> ReadingsAsync(HubProcess hub, string point, string from = "2013-01-01T00:00:00Z", string to = "2035-01-01T00:00:00Z") =>
        [.. (await hub.ListAsync($"/api/v1/readings?point={Uri.EscapeDataString(point)}&from={from}&to={to}")).Select(i => (Ms(i, "time")!.Value, i.GetProperty("value").GetDouble()))];

    public static async Task<List<JsonElement>> AlarmsAsync(HubProcess hub, string rule) => await hub.ListAsync($"/api/v1/alarms?rule={rule}");

    public static long? Ms(JsonElement item, string name) => item.GetProperty(name) is { ValueKind: JsonValueKind.String } time ? time.GetDateTimeOffset().ToUnixTimeMilliseconds() : null;

    /// <summary>What befell each ticket, in event time, oldest first; without what differs between two runs (ids, hashes, wall times). Each line must be there once.</summary>
    public static async Task<List<string>> StoriesAsync(HubProcess hub, string category)
    {
        var stories = new SortedDictionary<long, string>();
        foreach (var listed in await hub.ListAsync($"/api/v1/tickets?category={category}"))
        {
            var ticket = await hub.GetAsync($"/api/v1/tickets/{Uri.EscapeDataString(listed.GetProperty("id").GetString()!)}");
            var lines = ticket.GetProperty("timeline").EnumerateArray().ToList();
            Assert.Equal(Enumerable.Range(1, lines.Count).Select(i => (long)i), lines.Select(l => l.GetProperty("seq").GetInt64()));
            Assert.Equal(lines.Count, ticket.GetProperty("version").GetInt64());
            var told = lines.Select(l => $"{l.GetProperty("at")} {l.GetProperty("type")}{Mark(l)} to {l.GetProperty("to")}").ToList();
            Assert.True(told.Count == told.Distinct().Count(), $"A line is there twice: {string.Join(", ", told)}");
            stories.Add(Ms(ticket, "raised_at")!.Value, $"{ticket.GetProperty("no")} {ticket.GetProperty("severity")} {ticket.GetProperty("outcome")}: {string.Join(", ", told)}");
        }
        return [.. stories.Values];
    }

    /// <summary>Which clock reached which part of its time: two may do so at one instant.</summary>
    private static string Mark(JsonElement line) => line.GetProperty("clock") is { ValueKind: JsonValueKind.String } clock ? $" {clock} {line.GetProperty("percent")} {line.GetProperty("level")}" : "";

    /// <summary>
    /// In the file of a stopped hub: all notices sent, and each once for every ticket, but for those of clocks, of which a ticket has as many as it lasts; the marks themselves are part of
    /// <see cref="StoriesAsync"/>, and a line of a ticket has one notice by a unique constraint.
    /// </summary>
    public static void AssertNotices(string data, int tickets)
    {
        using var sqlite = new SqliteConnection($"Data Source={Path.Combine(data, "hub.db")};Mode=ReadOnly;Pooling=False");
        sqlite.Open();
        using var command = sqlite.CreateCommand();
        command.CommandText = "SELECT kind, count(*), count(DISTINCT ticket_id), sum(sent_at IS NULL) FROM notices GROUP BY kind";
        using var row = command.ExecuteReader();
        var kinds = 0;
        for (; row.Read(); kinds++)
        {
            var ofClocks = row.GetString(0) is "Reminder" or "Overdue" or "Escalated";
            var what = $"{row.GetString(0)}: {row.GetInt64(1)} notices of {row.GetInt64(2)} tickets, {row.GetInt64(3)} unsent";
            Assert.True(row.GetInt64(3) == 0 && (ofClocks || (row.GetInt64(1) == tickets && row.GetInt64(2) == tickets)), $"{what}; expected one of each of {tickets} tickets, all sent");
        }
        Assert.True(kinds > 0, "There are no notices.");
    }
}
