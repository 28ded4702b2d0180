using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary><c>readings</c>: from ≤ t &lt; to, paging, buckets in the site's zone, refusals by name.</summary>
public sealed class ReadingsTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private const long T0 = ManualTimeProvider.T0;
    private readonly RunningHub hub = fixture.Hub;

    private async Task SeriesAsync(string device, int count, int everySeconds, long startMs)
    {
        var records = Enumerable.Range(0, count).Select(i => $$"""{"n":"t","u":"Cel","v":{{i}},"t":{{(startMs / 1000) + (i * everySeconds)}}}""");
        await hub.TelemetryAsync(device, $"[{string.Join(',', records)}]");
        await hub.DrainAsync();
    }

    private static string Query(string device, long from, long to) => $"/api/v1/readings?point={device.Replace("/", "%2F")}%2Ft&from={Shape.Iso(from)}&to={Shape.Iso(to)}";

    [Fact]
    public async Task From_is_inside_and_to_is_outside()
    {
        await SeriesAsync("range/dev", 10, 60, T0 - 600_000);
        var answer = await hub.GetAsync(Query("range/dev", T0 - 540_000, T0 - 360_000));
        Shape.AssertHas(answer, "point", "unit", "items", "next");
        Assert.Equal(("range/dev/t", "Cel"), (answer.Text("point"), answer.Text("unit")));
        Assert.Equal([1.0, 2.0, 3.0], answer.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("value").GetDouble()).Where(v => v < 4));
        Assert.Equal(3, answer.GetProperty("items").GetArrayLength());
        Assert.False(answer.GetProperty("items")[0].TryGetProperty("quality", out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(50)]
    public async Task Paging_gives_every_reading_once(int limit)
    {
        await SeriesAsync("pages/dev", 50, 1, T0 - 100_000);
        var items = await hub.ListAsync(Query("pages/dev", T0 - 200_000, T0), limit);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (double)i), items.Select(i => i.GetProperty("value").GetDouble()));
    }

    [Fact]
    public async Task A_day_begins_at_midnight_of_the_site()
    {
        // 40 h of readings on the hour; Beijing's day begins at 16:00 UTC.
        await SeriesAsync("days/dev", 40, 3600, T0 - 48 * 3_600_000);
        var items = (await hub.ListAsync(Query("days/dev", T0 - 48 * 3_600_000, T0) + "&every=1d&fn=count")).Select(i => (i.Text("time"), i.GetProperty("value").GetDouble())).ToList();
        Assert.Equal([("2026-01-12T16:00:00.000Z", 16.0), ("2026-01-13T16:00:00.000Z", 24.0)], items);
    }

    [Theory]
    [InlineData("mean", 1.5)]
    [InlineData("min", 0)]
    [InlineData("max", 3)]
    [InlineData("sum", 6)]
    [InlineData("count", 4)]
    [InlineData("first", 0)]
    [InlineData("last", 3)]
    public async Task Each_function_folds_a_bucket(string fn, double expected)
    {
        await SeriesAsync("fold/dev", 8, 900, T0 - 7_200_000);
        var items = await hub.ListAsync(Query("fold/dev", T0 - 7_200_000, T0) + $"&every=1h&fn={fn}", 1);
        Assert.Equal([T0 - 7_200_000, T0 - 3_600_000], items.Select(i => i.Ms("time")));
        Assert.Equal(expected, items[0].GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task Booleans_and_texts_come_back_as_they_are_and_quality_only_in_doubt()
    {
        await hub.TelemetryAsync("types/dev", $$"""[{"bt":{{(T0 / 1000) - 60}},"n":"door","vb":true},{"n":"note","vs":"开门"},{"n":"t","u":"Cel","v":85,"quality":16}]""");
        await hub.DrainAsync();
        async Task<JsonElement> Only(string name) => Assert.Single(await hub.ListAsync(Query("types/dev", T0 - 3_600_000, T0).Replace("%2Ft&", $"%2F{name}&")));
        Assert.True((await Only("door")).GetProperty("value").GetBoolean());
        Assert.Equal("开门", (await Only("note")).Text("value"));
        Assert.Equal(16, (await Only("t")).GetProperty("quality").GetInt32());
    }

    [Theory]
    [InlineData("from=yesterday", "from", "yesterday")]
    [InlineData("to=soon", "to", "soon")]
    [InlineData("every=often&fn=mean", "every", "often")]
    [InlineData("every=1h&fn=average", "fn", "average")]
    [InlineData("fn=mean", "every", "every")]
    [InlineData("limit=1001", "limit", "1001")]
    [InlineData("cursor=nonsense", "cursor", "nonsense")]
    [InlineData("every=1s&fn=mean&from=2000-01-01T00:00:00Z", "every", "1s")]
    public async Task A_parameter_that_cannot_be_is_refused_by_name(string query, string parameter, string value)
    {
        await hub.TemperatureAsync("params/dev", 20);
        (await hub.TryGetAsync($"/api/v1/readings?point=params%2Fdev%2Ft&{query}")).IsProblem(HttpStatusCode.BadRequest, $"Bad {parameter}", value);
    }

    [Fact]
    public async Task A_missing_point_is_400_an_unknown_one_404()
    {
        (await hub.TryGetAsync("/api/v1/readings")).IsProblem(HttpStatusCode.BadRequest, "point");
        (await hub.TryGetAsync("/api/v1/readings?point=a%2Fb%2Fc")).IsProblem(HttpStatusCode.NotFound, "a/b/c");
    }

    [Fact]
    public async Task The_same_message_twice_is_one_reading()
    {
        var message = $$"""[{"n":"t","u":"Cel","v":1,"t":{{(T0 / 1000) - 5}}}]""";
        await hub.TelemetryAsync("twice/dev", message);
        await hub.TelemetryAsync("twice/dev", message);
        await hub.DrainAsync();
        Assert.Single(await hub.ListAsync(Query("twice/dev", T0 - 60_000, T0)));
    }
}
