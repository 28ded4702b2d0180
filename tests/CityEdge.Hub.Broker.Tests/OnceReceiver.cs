using System.Globalization;
using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>
/// A receiver of QoS 2 messages as MQTT 5.0 §4.3.3 draws it: by method A it passes a message on when PUBREL comes, by method B when PUBLISH comes; its packet ids outlive its
/// connections.
/// </summary>
internal sealed class OnceReceiver(string clientId, bool methodA)
{
    private readonly Dictionary<ushort, int> _held = [];
    private bool _known;

    /// <summary>Passed on to the application.</summary>
    public List<int> Delivered { get; } = [];

    /// <summary>What came at QoS 1, how often soever.</summary>
    public HashSet<int> AtLeastOnce { get; } = [];

    /// <summary>PUBLISH packets under an id that it held.</summary>
    public int Repeated { get; private set; }

    public TaskCompletionSource Subscribed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Until the broker closes (false) or this many packets have come (true).</summary>
    public async Task<bool> ServeAsync(TestClient client, MqttVersion version, string filter, int packets)
    {
        var properties = version == MqttVersion.V500 ? new MqttProperties { SessionExpiryInterval = 3600 } : null;
        await client.SendAsync(o => PacketEncoder.Write(o, new ConnectPacket(version, clientId, false, 0, null, null, null, properties)));
        if (await client.ReceiveAsync() is not ConnAckPacket { Code: ReasonCode.Success } connAck) return false;
        Assert.True(connAck.SessionPresent || !_known, "The broker has forgotten the session.");
        _known = true;
        if (!Subscribed.Task.IsCompleted) await client.SendAsync(o => PacketEncoder.Write(o, version, new SubscribePacket(7, [new Subscription(filter, QoS.ExactlyOnce)], null)));
        for (var i = 0; i < packets; i++)
        {
            switch (await client.ReceiveAsync())
            {
                case SubAckPacket:
                    Subscribed.TrySetResult();
                    break;
                case PublishPacket { QoS: QoS.AtLeastOnce } publish:
                    lock (Delivered) AtLeastOnce.Add(Number(publish));
                    await client.AckAsync(PacketType.PubAck, publish.PacketId);
                    break;
                case PublishPacket publish:
                    Take(publish);
                    await client.AckAsync(PacketType.PubRec, publish.PacketId);
                    break;
                case AckPacket { Type: PacketType.PubRel } release:
                    if (_held.Remove(release.PacketId, out var number) && methodA) lock (Delivered) Delivered.Add(number);
                    await client.AckAsync(PacketType.PubComp, release.PacketId);
                    break;
                default:
                    return false;
            }
        }
        return true;
    }

    private static int Number(PublishPacket publish) => int.Parse(Encoding.UTF8.GetString(publish.Payload.Span), CultureInfo.InvariantCulture);

    private void Take(PublishPacket publish)
    {
        Assert.Equal(QoS.ExactlyOnce, publish.QoS);
        var number = Number(publish);
        if (_held.TryGetValue(publish.PacketId, out var known))
        {
            // What the client would take for a repetition and drop must be one.
            Assert.Equal((known, true), (number, publish.Dup));
            Repeated++;
            return;
        }
        _held[publish.PacketId] = number;
        if (!methodA) lock (Delivered) Delivered.Add(number);
    }
}
