using System.Globalization;
using static CityEdge.Hub.Broker.Tests.Interop.UpstreamFleet;

namespace CityEdge.Hub.Broker.Tests.Interop;

/// <summary>What the way through another broker costs the hub: 100 000 messages of QoS 1 through mosquitto in a long run, few otherwise; figures are written, not judged.</summary>
public sealed class UpstreamThroughputTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Every_message_through_mosquitto_is_stored_and_the_cost_is_written()
    {
        var messages = Checkout.Long ? 100_000 : 5000;
        await using var server = await MosquittoServer.StartAsync("allow_anonymous true\nmax_queued_messages 0");
        await using var hub = await HubAsync(folder["hub"], server.Url, "--mqtt", "none");
        await hub.ConnectedAsync();
        await using var device = await ConnectAsync(server.Url, "devices");
        hub.Child.Process.Refresh();
        var (cpu, began) = (hub.Child.Process.TotalProcessorTime, TimeProvider.System.GetTimestamp());
        foreach (var part in Enumerable.Range(0, messages).Chunk(5000)) await PublishAllAsync(device, part.Select(i => Telemetry("room-1", Start + (i * 1000L), 20)));
        await Wait.UntilAsync("all messages to be acknowledged", async () => await hub.CountAsync("acknowledged") >= messages, TimeSpan.FromMinutes(5), () => hub.Child.Errors);
        await hub.DrainAsync(Patience);
        var took = TimeProvider.System.GetElapsedTime(began);
        hub.Child.Process.Refresh();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{messages} messages: {messages / took.TotalSeconds:0} a second, {(hub.Child.Process.TotalProcessorTime - cpu).TotalSeconds / messages * 1e6:0.0} CPU-s of the hub per million, readings decoded and stored included"));
        Assert.Equal(messages, await hub.MetricAsync("cityedge_ingest_readings_total"));
    }

    public void Dispose() => folder.Dispose();
}
