using System.Buffers;
using System.Globalization;
using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>Packets as words: <c>PUBLISH topic=a/b qos=1 id=7</c>, both ways.</summary>
internal static class PacketWords
{
    /// <summary>Encodes what a step says.</summary>
    public static byte[] Encode(string type, Dictionary<string, string> f, MqttVersion version)
    {
        var output = new ArrayBufferWriter<byte>();
        var id = (ushort)Number(f, "id", 1);
        switch (type)
        {
            case "CONNECT":
                WillMessage? will = f.TryGetValue("will", out var topic)
                    ? new WillMessage(topic, Bytes(f, "willpayload"), (QoS)Number(f, "willqos"), Number(f, "willretain") != 0, WillProperties(f))
                    : null;
                PacketEncoder.Write(output, new ConnectPacket(version, Text(f, "client"), Number(f, "clean", 1) != 0, (ushort)Number(f, "keepalive", 60), will, f.GetValueOrDefault("user"), f.ContainsKey("password") ? Bytes(f, "password") : null, Properties(f)));
                break;
            case "PUBLISH":
                PacketEncoder.Write(output, version, new PublishPacket(Text(f, "topic"), Bytes(f, "payload"), (QoS)Number(f, "qos"), Number(f, "retain") != 0, Number(f, "dup") != 0, id, Properties(f)));
                break;
            case "PUBACK" or "PUBREC" or "PUBREL" or "PUBCOMP":
                PacketEncoder.Write(output, version, new AckPacket(Enum.Parse<PacketType>(type, true), id, (ReasonCode)Number(f, "code"), Properties(f)));
                break;
            case "SUBSCRIBE":
                var filters = Text(f, "filter").Split(',').Select(s => s.Split('@')).Select(s => new Subscription(s[0], (QoS)(s.Length > 1 ? s[1][0] - '0' : Number(f, "qos")), Number(f, "nolocal") != 0, Number(f, "rap") != 0, (RetainHandling)Number(f, "rh")));
                PacketEncoder.Write(output, version, new SubscribePacket(id, [.. filters], Properties(f)));
                break;
            case "UNSUBSCRIBE":
                PacketEncoder.Write(output, version, new UnsubscribePacket(id, Text(f, "filter").Split(','), Properties(f)));
                break;
            case "PINGREQ": PacketEncoder.WritePingReq(output); break;
            case "DISCONNECT": PacketEncoder.Write(output, version, new DisconnectPacket((ReasonCode)Number(f, "code"), Properties(f))); break;
            case "AUTH": PacketEncoder.Write(output, version, new AuthPacket((ReasonCode)Number(f, "code"), Properties(f))); break;
            default: throw new FormatException($"'{type}' is no packet that a client sends.");
        }
        return output.WrittenSpan.ToArray();
    }

    /// <summary>All fields of a received packet, as text. A packet that breaks the standard fails.</summary>
    public static (string Type, Dictionary<string, string> Fields) Decode(byte header, byte[] body, MqttVersion version)
    {
        var type = PacketFraming.TypeOf(header);
        var f = new Dictionary<string, string>(StringComparer.Ordinal);
        MqttProtocolError? error;
        MqttProperties? properties = null;
        switch (type)
        {
            case PacketType.ConnAck when PacketDecoder.TryDecodeConnAck(body, version, out var a, out error):
                // 3.1.1 as it stands on the wire: a return code.
                (f["session"], f["code"], properties) = (a.SessionPresent ? "1" : "0", Code(body[1]), a.Properties);
                break;
            case PacketType.Publish when PacketDecoder.TryDecodePublish(header, body, version, out var p, out error):
                (f["topic"], f["payload"], f["qos"], f["retain"], f["dup"], properties) = (p.Topic, Encoding.UTF8.GetString(p.Payload.Span), $"{(int)p.QoS}", p.Retain ? "1" : "0", p.Dup ? "1" : "0", p.Properties);
                if (p.QoS != QoS.AtMostOnce) f["id"] = $"{p.PacketId}";
                break;
            case PacketType.SubAck when PacketDecoder.TryDecodeSubAck(body, version, out var s, out error):
                (f["id"], f["codes"], properties) = ($"{s.PacketId}", string.Join(',', s.Codes.Select(c => Code((byte)c))), s.Properties);
                break;
            case PacketType.UnsubAck when PacketDecoder.TryDecodeUnsubAck(body, version, out var u, out error):
                (f["id"], f["codes"], properties) = ($"{u.PacketId}", string.Join(',', u.Codes.Select(c => Code((byte)c))), u.Properties);
                break;
            case PacketType.Disconnect when PacketDecoder.TryDecodeDisconnect(body, version, out var d, out error):
                (f["code"], properties) = (Code((byte)d.Code), d.Properties);
                break;
            case PacketType.PingResp when PacketDecoder.TryDecodePing(type, body, out error): break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp when PacketDecoder.TryDecodeAck(type, body, version, out var ack, out error):
                (f["id"], f["code"], properties) = ($"{ack.PacketId}", Code((byte)ack.Code), ack.Properties);
                break;
            default: throw new ConformanceException($"the server sent a bad {type}: {Convert.ToHexString(body)}");
        }
        if (properties is not null) Describe(properties, f);
        return (type.ToString().ToUpperInvariant(), f);
    }

    private static string Code(byte code) => $"0x{code:x2}";

    private static void Describe(MqttProperties p, Dictionary<string, string> f)
    {
        Add("expiry", p.MessageExpiryInterval);
        Add("sessionexpiry", p.SessionExpiryInterval);
        Add("pfi", p.PayloadFormatIndicator);
        Add("contenttype", p.ContentType);
        Add("responsetopic", p.ResponseTopic);
        Add("correlation", p.CorrelationData is { } c ? Encoding.UTF8.GetString(c) : null);
        Add("sub", p.SubscriptionIdentifiers.Count == 0 ? null : string.Join(',', p.SubscriptionIdentifiers.Order()));
        Add("assigned", p.AssignedClientIdentifier);
        Add("serverkeepalive", p.ServerKeepAlive);
        Add("authmethod", p.AuthenticationMethod);
        Add("responseinfo", p.ResponseInformation);
        Add("reason", p.ReasonString);
        Add("rmax", p.ReceiveMaximum);
        Add("aliasmax", p.TopicAliasMaximum);
        Add("alias", p.TopicAlias);
        Add("maxqos", p.MaximumQoS is { } q ? (int)q : null);
        Add("user", p.UserProperties.Count == 0 ? null : string.Join(',', p.UserProperties.Select(u => u.Name + ":" + u.Value)));
        Add("maxpacket", p.MaximumPacketSize);

        void Add(string name, object? value)
        {
            if (value is not null) f[name] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        }
    }

    private static MqttProperties? Properties(Dictionary<string, string> f)
    {
        var p = new MqttProperties();
        foreach (var (name, text) in f)
        {
            switch (name)
            {
                case "expiry": p.MessageExpiryInterval = (uint)Number(f, name); break;
                case "sessionexpiry": p.SessionExpiryInterval = (uint)Number(f, name); break;
                case "pfi": p.PayloadFormatIndicator = (byte)Number(f, name); break;
                case "contenttype": p.ContentType = text; break;
                case "responsetopic": p.ResponseTopic = text; break;
                case "correlation": p.CorrelationData = Encoding.UTF8.GetBytes(text); break;
                case "sub": p.SubscriptionIdentifiers = [(uint)Number(f, name)]; break;
                case "authmethod": p.AuthenticationMethod = text; break;
                case "rmax": p.ReceiveMaximum = (ushort)Number(f, name); break;
                case "aliasmax": p.TopicAliasMaximum = (ushort)Number(f, name); break;
                case "alias": p.TopicAlias = (ushort)Number(f, name); break;
                case "maxpacket": p.MaximumPacketSize = (uint)Number(f, name); break;
                case "rpi": p.RequestProblemInformation = Number(f, name) != 0; break;
                case "rri": p.RequestResponseInformation = Number(f, name) != 0; break;
                case "up": p.UserProperties = [.. text.Split(',').Select(u => u.Split(':')).Select(u => new UserProperty(u[0], u[1]))]; break;
            }
        }
        return IsSet(p) ? p : null;
    }

    /// <summary>Fields that begin with <c>will.</c>, as those of a PUBLISH, and <c>willdelay</c>.</summary>
    private static MqttProperties? WillProperties(Dictionary<string, string> f)
    {
        var properties = Properties(f.Where(p => p.Key.StartsWith("will.", StringComparison.Ordinal)).ToDictionary(p => p.Key[5..], p => p.Value));
        if (f.ContainsKey("willdelay")) (properties ??= new MqttProperties()).WillDelayInterval = (uint)Number(f, "willdelay");
        return properties;
    }

    private static bool IsSet(MqttProperties p)
    {
        var f = new Dictionary<string, string>();
        Describe(p, f);
        return f.Count > 0 || p.RequestProblemInformation is not null || p.RequestResponseInformation is not null;
    }

    private static string Text(Dictionary<string, string> f, string name) => Expand(f.GetValueOrDefault(name, ""));

    private static byte[] Bytes(Dictionary<string, string> f, string name) => Encoding.UTF8.GetBytes(Text(f, name));

    /// <summary>Text, or <c>300*x</c> for three hundred of them.</summary>
    private static string Expand(string text) =>
        text.Split('*') is [var count, { Length: 1 } one] && int.TryParse(count, CultureInfo.InvariantCulture, out var times) ? new string(one[0], times) : text;

    private static long Number(Dictionary<string, string> f, string name, long otherwise = 0)
    {
        if (!f.TryGetValue(name, out var text)) return otherwise;
        return text.StartsWith("0x", StringComparison.Ordinal) ? long.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : long.Parse(text, CultureInfo.InvariantCulture);
    }
}
