using System.Buffers;
using System.Diagnostics;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Telemetry;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Tests.Ingest;

/// <summary>The consumers of the journal read every record, also those of others who use the broker: these are skipped by a look at the raw topic.</summary>
public class ForeignRecordTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("plant/line-4/state", true)]
    [InlineData("cityedge", true)]
    [InlineData("cityedg", true)]
    [InlineData("c", true)]
    [InlineData("Cityedge/v1/a/b/telemetry", true)]
    [InlineData("cityedge/", false)]
    [InlineData("cityedge/v1/a/b/telemetry", false)]
    [InlineData("cityedge/v9/nonsense", false)]
    public void What_is_skipped_is_what_decoding_would_have_left_alone(string topic, bool foreign)
    {
        foreach (var expiry in new uint?[] { null, 0, 127, 128, uint.MaxValue })
        {
            var body = Body(topic, expiry);
            Assert.Equal(foreign, MessageDecoder.IsForeign(body));
            Assert.True(PublishRecord.TryDecode(body, out var publish));
            Assert.Equal(foreign, Decoder().Decode(publish, 0).Kind == MessageKind.NotOurs);
        }
    }

    [Fact]
    public void Damage_is_never_skipped_silently_where_decoding_would_tell_it()
    {
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var body = Body("plant/line-4/state", round % 2 == 0 ? null : 300u);
            if (round % 3 == 0) body = body[..random.Next(body.Length)];
            else body[random.Next(4)] = (byte)random.Next(256);
            // A body cut behind the topic is skipped: whose it is is known, and it is not ours.
            if (MessageDecoder.IsForeign(body) && PublishRecord.TryDecode(body, out var publish)) Assert.False(publish.Topic.StartsWith("cityedge/", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Skipping_allocates_nothing()
    {
        const int Records = 200_000;
        var bodies = Enumerable.Range(0, 64).Select(i => Body($"plant/line-{i}/state", null)).ToArray();
        var decoder = Decoder();
        var (skipped, before) = Measure(Records, i => MessageDecoder.IsForeign(bodies[i % 64]) ? 1 : 0);
        var (decoded, whole) = Measure(Records, i => PublishRecord.TryDecode(bodies[i % 64], out var publish) && decoder.Decode(publish, 0).Kind == MessageKind.NotOurs ? 1 : 0);
        output.WriteLine($"per million foreign records: skipped {skipped * 1e6 / Records:0.000} s, decoded {decoded * 1e6 / Records:0.000} s; {whole / Records} B allocated each when decoded");
        Assert.Equal(0, before);
    }

    private static (double Seconds, long Bytes) Measure(int records, Func<int, int> work)
    {
        for (var i = 0; i < 10_000; i++) work(i);
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.GetTimestamp();
        var sum = 0;
        for (var i = 0; i < records; i++) sum += work(i);
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        Assert.Equal(records, sum);
        return (seconds, bytes);
    }

    private static MessageDecoder Decoder() => new(new HubOptions { Data = "", Telemetry = new TelemetryOptions { Directory = "" } }, new HubRegistry());

    private static byte[] Body(string topic, uint? expiry)
    {
        var writer = new ArrayBufferWriter<byte>();
        PublishRecord.Encode(writer, topic, "client-1", "user", QoS.AtLeastOnce, false, 0, expiry, new byte[64], []);
        return writer.WrittenSpan.ToArray();
    }
}
