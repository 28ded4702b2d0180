using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>QoS 2 towards subscribers whose sessions last: once, whatever ends the broker (MQTT 5.0 §4.3.3, §4.4).</summary>
public sealed class ExactlyOnceTests(ITestOutputHelper output)
{
    private static string Text(PublishPacket packet) => Encoding.UTF8.GetString(packet.Payload.Span);

    [Theory]
    [InlineData(MqttVersion.V311, false)]
    [InlineData(MqttVersion.V500, false)]
    [InlineData(MqttVersion.V500, true)]
    public async Task Each_message_comes_once_over_any_number_of_power_cuts(MqttVersion version, bool shared)
    {
        const int Machines = 6;
        const int Lives = 6;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        // A broker on a dead disk waits a second before it looks again: machines side by side keep the processor busy meanwhile.
        var machines = Enumerable.Range(0, Machines).Select(m => new OnceMachine(version, shared, seed + m)).ToList();
        await Task.WhenAll(machines.Select(m => m.RunAsync(Lives)));
        output.WriteLine($"{machines.Sum(m => m.Cuts)} cuts, {machines.Sum(m => m.Received)} received, {machines.Sum(m => m.Repeated)} repeated under their id");
        Assert.Equal(Machines * Lives, machines.Sum(m => m.Cuts));
        Assert.True(machines.Sum(m => m.Repeated) > 0, "Nothing was ever sent again: no cut came inside a handshake.");
    }

    /// <summary>The retained store has forgotten the message, the client may hold it.</summary>
    [Fact]
    public async Task A_retained_message_comes_again_under_its_id_though_another_has_replaced_it()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        await fixture.Broker.PublishAsync("t", "old"u8.ToArray(), QoS.ExactlyOnce, true, BrokerFixture.Ct);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.RetainedMessages == 1, "it is retained");
        var client = await fixture.ConnectAsync("s", clean: false, expiry: 3600);
        await client.SubscribeAsync("t", QoS.ExactlyOnce);
        var first = await client.ReceivePublishAsync();
        await fixture.Broker.PublishAsync("t", "new"u8.ToArray(), QoS.ExactlyOnce, true, BrokerFixture.Ct);
        var second = await client.ReceivePublishAsync();
        await using var killed = await fixture.KillAndStartCopyAsync();
        await AssertBothAsync(killed, first, second);
        // The second time from a snapshot.
        await killed.RestartAsync();
        await AssertBothAsync(killed, first, second);
    }

    private static async Task AssertBothAsync(BrokerFixture fixture, PublishPacket first, PublishPacket second)
    {
        var client = await fixture.ConnectAsync("s", clean: false, expiry: 3600);
        foreach (var (packet, text) in new[] { (first, "old"), (second, "new") })
        {
            var again = await client.ReceivePublishAsync();
            Assert.Equal((packet.PacketId, text, true), (again.PacketId, Text(again), again.Dup));
        }
        await client.PingAsync();
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
        await client.DropAsync();
    }

    /// <summary>Neither PUBLISH nor PUBREL overtakes the record that makes it repeatable.</summary>
    [Fact]
    public async Task Nothing_leaves_before_its_record_is_flushed()
    {
        var files = new GatedFiles();
        await using var fixture = new BrokerFixture { Files = files };
        await fixture.StartAsync();
        var client = await fixture.ConnectAsync("s", clean: false, expiry: 3600);
        await client.SubscribeAsync("t", QoS.ExactlyOnce);
        await fixture.Broker.PublishAsync("t", "m"u8.ToArray(), QoS.ExactlyOnce, false, BrokerFixture.Ct);
        var message = await client.ReceivePublishAsync();
        files.HoldFlushes();
        await client.AckAsync(PacketType.PubRec, message.PacketId);
        await client.PingAsync();
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
        files.LetFlushesGo();
        await client.ReceiveAckAsync(PacketType.PubRel, message.PacketId);
        await using var killed = await fixture.KillAndStartCopyAsync();
        client = await killed.ConnectAsync("s", clean: false, expiry: 3600);
        await client.ReceiveAckAsync(PacketType.PubRel, message.PacketId);
        await client.AckAsync(PacketType.PubComp, message.PacketId);
        await client.PingAsync();
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
    }
}
