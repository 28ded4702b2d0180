namespace CityEdge.Mqtt.Tests.Codec;

/// <summary>Packets written by hand from the tables of both standards.</summary>
public class GoldenBytesTests
{
    private const MqttVersion V3 = MqttVersion.V311, V5 = MqttVersion.V500;

    public static IEnumerable<TheoryDataRow<string, MqttVersion, string, Func<object>>> Golden()
    {
        static TheoryDataRow<string, MqttVersion, string, Func<object>> Row(string name, MqttVersion version, string hex, Func<object> packet) =>
            new(name, version, hex, packet) { TestDisplayName = $"{name} {version}" };

        yield return Row("connect least", V3, "10 0D 0004 4D515454 04 02 003C 0001 61", () => new ConnectPacket(V3, "a", true, 60));
        yield return Row("connect full", V3, "10 1A 0004 4D515454 04 EE 000A 0001 61 0001 77 0002 7879 0001 75 0001 70", () =>
            new ConnectPacket(V3, "a", true, 10, new WillMessage("w", "xy"u8.ToArray(), QoS.AtLeastOnce, true), "u", "p"u8.ToArray()));
        yield return Row("connect least", V5, "10 0E 0004 4D515454 05 02 003C 00 0001 61", () => new ConnectPacket(V5, "a", true, 60));
        yield return Row("connect full", V5,
            "10 3B 0004 4D515454 05 D6 000A 14 11 0000003C 15 0001 6D 21 0014 22 000A 27 00001000 0001 61 0C 01 01 02 0000000A 18 00000005 0001 77 0001 78 0001 75 0001 70", () =>
            new ConnectPacket(V5, "a", true, 10,
                new WillMessage("w", "x"u8.ToArray(), QoS.ExactlyOnce, false, new() { WillDelayInterval = 5, MessageExpiryInterval = 10, PayloadFormatIndicator = 1 }),
                "u", "p"u8.ToArray(), new() { SessionExpiryInterval = 60, AuthenticationMethod = "m", ReceiveMaximum = 20, TopicAliasMaximum = 10, MaximumPacketSize = 4096 }));
        yield return Row("connack", V3, "20 02 01 00", () => new ConnAckPacket(true, ReasonCode.Success));
        yield return Row("connack refused", V3, "20 02 00 04", () => new ConnAckPacket(false, ReasonCode.BadUserNameOrPassword));
        yield return Row("connack", V5, "20 0C 01 00 09 12 0001 63 13 0005 24 01", () =>
            new ConnAckPacket(true, ReasonCode.Success, new() { AssignedClientIdentifier = "c", ServerKeepAlive = 5, MaximumQoS = QoS.AtLeastOnce }));
        yield return Row("connack refused", V5, "20 03 00 86 00", () => new ConnAckPacket(false, ReasonCode.BadUserNameOrPassword));
        yield return Row("publish qos 0", V3, "30 07 0003 612F62 6869", () => new PublishPacket("a/b", "hi"u8.ToArray()));
        yield return Row("publish qos 1 dup retain", V3, "3B 09 0003 612F62 000A 6869", () => new PublishPacket("a/b", "hi"u8.ToArray(), QoS.AtLeastOnce, true, true, 10));
        yield return Row("publish qos 0", V5, "30 08 0003 612F62 00 6869", () => new PublishPacket("a/b", "hi"u8.ToArray()));
        yield return Row("publish qos 2", V5, "34 1A 0003 612F62 FFFF 12 02 0000000A 0B 8001 23 0007 26 0001 6B 0001 76", () =>
            new PublishPacket("a/b", default, QoS.ExactlyOnce, PacketId: 65535,
                Properties: new() { MessageExpiryInterval = 10, SubscriptionIdentifiers = [128], TopicAlias = 7, UserProperties = [new("k", "v")] }));
        foreach (var (type, first) in new[] { (PacketType.PubAck, "40"), (PacketType.PubRec, "50"), (PacketType.PubRel, "62"), (PacketType.PubComp, "70") })
        {
            yield return Row($"{type}", V3, $"{first} 02 0102", () => new AckPacket(type, 258));
            yield return Row($"{type}", V5, $"{first} 02 0102", () => new AckPacket(type, 258));
        }
        yield return Row("puback refused", V5, "40 03 0001 87", () => new AckPacket(PacketType.PubAck, 1, ReasonCode.NotAuthorized));
        yield return Row("pubrec reason", V5, "50 08 0001 97 04 1F 0001 72", () => new AckPacket(PacketType.PubRec, 1, ReasonCode.QuotaExceeded, new() { ReasonString = "r" }));
        yield return Row("pubrel unknown", V5, "62 03 0001 92", () => new AckPacket(PacketType.PubRel, 1, ReasonCode.PacketIdentifierNotFound));
        yield return Row("pubcomp unknown", V5, "70 03 0001 92", () => new AckPacket(PacketType.PubComp, 1, ReasonCode.PacketIdentifierNotFound));
        yield return Row("subscribe", V3, "82 0C 000A 0003 612F62 01 0001 23 02", () => new SubscribePacket(10, [new("a/b"), new("#", QoS.ExactlyOnce)]));
        yield return Row("subscribe", V5, "82 0B 000A 02 0B 05 0003 612F62 2D", () =>
            new SubscribePacket(10, [new("a/b", QoS.AtLeastOnce, true, true, RetainHandling.DoNotSend)], new() { SubscriptionIdentifiers = [5] }));
        yield return Row("suback", V3, "90 04 000A 01 80", () => new SubAckPacket(10, [ReasonCode.GrantedQoS1, ReasonCode.UnspecifiedError]));
        yield return Row("suback", V5, "90 05 000A 00 02 87", () => new SubAckPacket(10, [ReasonCode.GrantedQoS2, ReasonCode.NotAuthorized]));
        yield return Row("unsubscribe", V3, "A2 07 000A 0003 612F62", () => new UnsubscribePacket(10, ["a/b"]));
        yield return Row("unsubscribe", V5, "A2 08 000A 00 0003 612F62", () => new UnsubscribePacket(10, ["a/b"]));
        yield return Row("unsuback", V3, "B0 02 000A", () => new UnsubAckPacket(10, []));
        yield return Row("unsuback", V5, "B0 04 000A 00 11", () => new UnsubAckPacket(10, [ReasonCode.NoSubscriptionExisted]));
        foreach (var version in new[] { V3, V5 })
        {
            yield return Row("pingreq", version, "C0 00", () => PacketType.PingReq);
            yield return Row("pingresp", version, "D0 00", () => PacketType.PingResp);
            yield return Row("disconnect", version, "E0 00", () => new DisconnectPacket());
        }
        yield return Row("disconnect with will", V5, "E0 01 04", () => new DisconnectPacket(ReasonCode.DisconnectWithWillMessage));
        yield return Row("disconnect expiry", V5, "E0 07 00 05 11 00000000", () => new DisconnectPacket(0, new() { SessionExpiryInterval = 0 }));
        yield return Row("auth", V5, "F0 0A 18 08 15 0001 6D 16 0001 64", () =>
            new AuthPacket(ReasonCode.ContinueAuthentication, new() { AuthenticationMethod = "m", AuthenticationData = "d"u8.ToArray() }));
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void Bytes_are_those_of_the_standard(string name, MqttVersion version, string hex, Func<object> packet)
    {
        var expected = Convert.FromHexString(hex.Replace(" ", ""));
        Assert.True(AnyPacket.Encode(version, packet()) is var bytes && bytes.AsSpan().SequenceEqual(expected), $"{name}: {Convert.ToHexString(bytes)} instead of {hex}");
        var decoded = AnyPacket.Decode(version, expected, out var error);
        Assert.True(error is null, error?.Message);
        Assert.Equal(AnyPacket.Describe(packet()), AnyPacket.Describe(decoded!));
    }
}
