using System.Globalization;
using System.Text.Json;

namespace CityEdge.Hub.Tests.Bench;

/// <summary>The load generator of the bench counts what it says it counts: against a relay that forwards everything, and against one that spoils a single message.</summary>
public sealed class GeneratorTests
{
    private static string Program => Checkout.Program("tests/CityEdge.Bench", "CityEdge.Bench");

    [Theory]
    [InlineData(0, 1, null, 0, 0, 0, 0)]
    [InlineData(1, 1, null, 0, 0, 0, 0)]
    [InlineData(1, 20, null, 0, 0, 0, 0)]
    [InlineData(0, 20, "drop", 1, 0, 0, 0)]
    [InlineData(1, 1, "drop", 1, 0, 0, 0)]
    [InlineData(1, 1, "duplicate", 0, 1, 0, 0)]
    [InlineData(0, 1, "reorder", 0, 0, 1, 0)]
    [InlineData(1, 1, "reorder", 0, 0, 1, 0)]
    [InlineData(1, 1, "corrupt", 1, 0, 0, 1)]
    public async Task Every_spoilt_message_is_noticed(int qos, int batch, string? fault, long lost, long repeated, long late, long foreign)
    {
        await using var relay = new ChildProcess(Program, ["mqtt", "relay", .. fault is null ? (string[])[] : ["--fault", fault, "--fault-at", "300"]]);
        var port = (await relay.WaitForLineAsync("ready ", TimeSpan.FromSeconds(30)))["ready ".Length..];
        var result = await LoadAsync(port, ["--publishers", "20", "--seconds", "0.5", "--drain", "1", "--qos", Text(qos), "--batch", Text(batch)]);
        var subscriber = result.GetProperty("Subscribers")[0];
        long Of(string name) => subscriber.GetProperty(name).GetInt64();
        Assert.True(result.GetProperty("Sent").GetInt64() > 300, $"only {result}");
        Assert.Equal((lost, repeated, late, foreign), (Of("Lost"), Of("Repeated"), Of("Late"), Of("Foreign")));
        Assert.Equal(qos == 0 ? 0 : result.GetProperty("Sent").GetInt64(), result.GetProperty("Acknowledged").GetInt64());
        Assert.Equal(0, result.GetProperty("Unacknowledged").GetInt64() + result.GetProperty("Unexpected").GetInt64());
    }

    [Fact]
    public async Task A_paced_run_sends_what_the_rate_says_and_a_stalled_subscriber_gets_the_rest_later()
    {
        await using var relay = new ChildProcess(Program, ["mqtt", "relay"]);
        var port = (await relay.WaitForLineAsync("ready ", TimeSpan.FromSeconds(30)))["ready ".Length..];
        var result = await LoadAsync(port, ["--publishers", "50", "--rate", "2000", "--seconds", "1", "--subscribers", "2", "--stall-after", "0.2", "--stall-for", "0.5"]);
        Assert.InRange(result.GetProperty("Sent").GetInt64(), 1900, 2000);
        var (stalled, other) = (result.GetProperty("Subscribers")[0], result.GetProperty("Subscribers")[1]);
        Assert.Equal((0, 0), (stalled.GetProperty("Lost").GetInt64(), other.GetProperty("Lost").GetInt64()));
        // What came at the begin of the stall has waited for all of it.
        Assert.InRange(stalled.GetProperty("Delivery").GetProperty("Max").GetDouble(), 400, 10_000);
        Assert.True(stalled.GetProperty("Delivery").GetProperty("P50").GetDouble() >= other.GetProperty("Delivery").GetProperty("P50").GetDouble());
    }

    [Fact]
    public async Task Options_that_nothing_reads_are_named()
    {
        await using var load = new ChildProcess(Program, ["mqtt", "load", "--port", "1", "--publisher", "5"]);
        Assert.Equal(2, await load.WaitForExitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("--publisher is not known", load.Errors, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> LoadAsync(string port, string[] more)
    {
        await using var load = new ChildProcess(Program, ["mqtt", "load", "--port", port, .. more]);
        var line = await load.WaitForLineAsync("result ", TimeSpan.FromSeconds(60));
        return JsonDocument.Parse(line["result ".Length..]).RootElement;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
