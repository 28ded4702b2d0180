using System.Text;

namespace CityEdge.Mqtt.Tests.Codec;

/// <summary>Makes an arbitrary valid packet from a seed, over all types, versions and properties.</summary>
internal sealed class Packets(int seed)
{
    private readonly Random random = new(seed);

    public (MqttVersion Version, object Packet) Next()
    {
        var version = random.Next(3) == 0 ? MqttVersion.V311 : MqttVersion.V500;
        var type = (PacketType)random.Next(1, version == MqttVersion.V311 ? 15 : 16);
        return (version, Next(version, type));
    }

    public object Next(MqttVersion version, PacketType type)
    {
        var five = version == MqttVersion.V500;
        var properties = five ? Properties((int)type) : null;
        switch (type)
        {
            case PacketType.Connect:
                var user = Maybe() ? Text() : null;
                var will = Maybe() ? new WillMessage(Topic(), Bytes(), (QoS)random.Next(3), Maybe(), five ? Properties(PropertyTable.Will) : null) : null;
                var password = (five || user is not null) && Maybe() ? Bytes() : null;
                var client = Text();
                return new ConnectPacket(version, client, Maybe() || client.Length == 0, UInt16(0), will, user, password, properties);
            case PacketType.ConnAck:
                var code = five ? Code(type) : new[] { 0, 0x84, 0x85, 0x86, 0x87, 0x88 }.Select(c => (ReasonCode)c).ElementAt(random.Next(6));
                return new ConnAckPacket(code == ReasonCode.Success && Maybe(), code, properties);
            case PacketType.Publish:
                var qos = (QoS)random.Next(3);
                var topic = properties?.TopicAlias is not null && Maybe() ? "" : Topic();
                return new PublishPacket(topic, Bytes(), qos, Maybe(), qos != 0 && Maybe(), qos == 0 ? (ushort)0 : UInt16(1), properties);
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                return new AckPacket(type, UInt16(1), five ? Code(type) : 0, properties);
            case PacketType.Subscribe:
                return new SubscribePacket(UInt16(1), Many(() => Subscription(five)), properties);
            case PacketType.SubAck:
                return new SubAckPacket(UInt16(1), Many(() => five ? Code(type) : (ReasonCode)(random.Next(4) is var c && c < 3 ? c : 0x80)), properties);
            case PacketType.Unsubscribe:
                return new UnsubscribePacket(UInt16(1), Many(Filter), properties);
            case PacketType.UnsubAck:
                return new UnsubAckPacket(UInt16(1), five ? Many(() => Code(type)) : [], properties);
            case PacketType.PingReq or PacketType.PingResp:
                return type;
            case PacketType.Disconnect:
                return new DisconnectPacket(five ? Code(type) : 0, properties);
            default:
                if (Maybe()) return new AuthPacket();
                properties ??= new MqttProperties();
                properties.AuthenticationMethod ??= Text();
                return new AuthPacket(Code(type), properties);
        }
    }

    private bool Maybe() => random.Next(2) == 0;

    private ushort UInt16(int least) => (ushort)random.Next(least, 65_536);

    private byte[] Bytes()
    {
        var bytes = new byte[random.Next(20) switch { 0 => random.Next(5000), < 5 => 0, _ => random.Next(40) }];
        random.NextBytes(bytes);
        return bytes;
    }

    private string Text()
    {
        var text = new StringBuilder();
        for (var left = random.Next(12); left > 0; left--)
        {
            var scalar = random.Next(4) switch { 0 => random.Next(0x80, 0x800), 1 => random.Next(0x4E00, 0x9FFF), 2 => random.Next(0x1F300, 0x1F600), _ => random.Next(0x21, 0x7F) };
            text.Append(new Rune(scalar));
        }
        return text.ToString();
    }

    private string Topic() => "t" + Text().Replace('+', 'p').Replace('#', 'h');

    private string Filter() => random.Next(6) switch
    {
        0 => "#",
        1 => "+/" + Topic() + "/#",
        2 => "$share/group/" + Topic() + "/+",
        _ => Topic(),
    };

    private Subscription Subscription(bool five)
    {
        var filter = Filter();
        var noLocal = five && !filter.StartsWith('$') && Maybe();
        return new(filter, (QoS)random.Next(3), noLocal, five && Maybe(), five ? (RetainHandling)random.Next(3) : 0);
    }

    private ReasonCode Code(PacketType type)
    {
        var allowed = Enum.GetValues<ReasonCode>().Where(c => ReasonCodes.IsAllowed(type, c)).ToArray();
        return allowed[random.Next(allowed.Length)];
    }

    private List<T> Many<T>(Func<T> next)
    {
        var list = new List<T>();
        for (var left = random.Next(1, 5); left > 0; left--) list.Add(next());
        return list;
    }

    private MqttProperties? Properties(int place)
    {
        if (random.Next(3) == 0) return null;
        var p = new MqttProperties();
        var any = false;
        foreach (var id in Enum.GetValues<PropertyId>())
        {
            if ((PropertyTable.Lookup(id).Places & (1 << place)) == 0 || Maybe()) continue;
            any |= id != PropertyId.AuthenticationData || p.AuthenticationMethod is not null;
            Set(p, id, place);
        }
        return any ? p : null;
    }

    private void Set(MqttProperties p, PropertyId id, int place)
    {
        switch (id)
        {
            case PropertyId.PayloadFormatIndicator: p.PayloadFormatIndicator = (byte)random.Next(2); break;
            case PropertyId.MessageExpiryInterval: p.MessageExpiryInterval = (uint)random.NextInt64(1L << 32); break;
            case PropertyId.ContentType: p.ContentType = Text(); break;
            case PropertyId.ResponseTopic: p.ResponseTopic = Topic(); break;
            case PropertyId.CorrelationData: p.CorrelationData = Bytes(); break;
            case PropertyId.SubscriptionIdentifier:
                p.SubscriptionIdentifiers = place == (int)PacketType.Publish ? Many(() => (uint)random.Next(1, VariableByteInteger.Max)) : [(uint)random.Next(1, 20_000)];
                break;
            case PropertyId.SessionExpiryInterval: p.SessionExpiryInterval = (uint)random.NextInt64(1L << 32); break;
            case PropertyId.AssignedClientIdentifier: p.AssignedClientIdentifier = Text(); break;
            case PropertyId.ServerKeepAlive: p.ServerKeepAlive = UInt16(0); break;
            case PropertyId.AuthenticationMethod: p.AuthenticationMethod = Text(); break;
            case PropertyId.AuthenticationData: p.AuthenticationData = p.AuthenticationMethod is null ? null : Bytes(); break;
            case PropertyId.RequestProblemInformation: p.RequestProblemInformation = Maybe(); break;
            case PropertyId.WillDelayInterval: p.WillDelayInterval = (uint)random.NextInt64(1L << 32); break;
            case PropertyId.RequestResponseInformation: p.RequestResponseInformation = Maybe(); break;
            case PropertyId.ResponseInformation: p.ResponseInformation = Text(); break;
            case PropertyId.ServerReference: p.ServerReference = Text(); break;
            case PropertyId.ReasonString: p.ReasonString = Text(); break;
            case PropertyId.ReceiveMaximum: p.ReceiveMaximum = UInt16(1); break;
            case PropertyId.TopicAliasMaximum: p.TopicAliasMaximum = UInt16(0); break;
            case PropertyId.TopicAlias: p.TopicAlias = UInt16(1); break;
            case PropertyId.MaximumQoS: p.MaximumQoS = (QoS)random.Next(2); break;
            case PropertyId.RetainAvailable: p.RetainAvailable = Maybe(); break;
            case PropertyId.UserProperty: p.UserProperties = Many(() => new UserProperty(Text(), Text())); break;
            case PropertyId.MaximumPacketSize: p.MaximumPacketSize = (uint)random.NextInt64(1, 1L << 32); break;
            case PropertyId.WildcardSubscriptionAvailable: p.WildcardSubscriptionAvailable = Maybe(); break;
            case PropertyId.SubscriptionIdentifierAvailable: p.SubscriptionIdentifierAvailable = Maybe(); break;
            case PropertyId.SharedSubscriptionAvailable: p.SharedSubscriptionAvailable = Maybe(); break;
        }
    }
}
