using System.Text;

namespace CityEdge.Mqtt;

/// <summary>Turns raw properties into <see cref="MqttProperties"/> and back.</summary>
internal static class PropertyCodec
{
    /// <summary>Null with an error when a property is not acceptable.</summary>
    public static MqttProperties? Decode(ReadOnlySpan<byte> raw, int place, out MqttProtocolError? error)
    {
        var p = new MqttProperties();
        List<UserProperty>? users = null;
        List<uint>? subscriptions = null;
        var reader = new PropertyReader(raw, place);
        while (reader.MoveNext())
        {
            var number = reader.Number;
            switch (reader.Id)
            {
                case PropertyId.PayloadFormatIndicator: p.PayloadFormatIndicator = (byte)number; break;
                case PropertyId.MessageExpiryInterval: p.MessageExpiryInterval = number; break;
                case PropertyId.ContentType: p.ContentType = Text(reader); break;
                case PropertyId.ResponseTopic: p.ResponseTopic = Text(reader); break;
                case PropertyId.CorrelationData: p.CorrelationData = reader.Bytes.ToArray(); break;
                case PropertyId.SubscriptionIdentifier: (subscriptions ??= []).Add(number); break;
                case PropertyId.SessionExpiryInterval: p.SessionExpiryInterval = number; break;
                case PropertyId.AssignedClientIdentifier: p.AssignedClientIdentifier = Text(reader); break;
                case PropertyId.ServerKeepAlive: p.ServerKeepAlive = (ushort)number; break;
                case PropertyId.AuthenticationMethod: p.AuthenticationMethod = Text(reader); break;
                case PropertyId.AuthenticationData: p.AuthenticationData = reader.Bytes.ToArray(); break;
                case PropertyId.RequestProblemInformation: p.RequestProblemInformation = number != 0; break;
                case PropertyId.WillDelayInterval: p.WillDelayInterval = number; break;
                case PropertyId.RequestResponseInformation: p.RequestResponseInformation = number != 0; break;
                case PropertyId.ResponseInformation: p.ResponseInformation = Text(reader); break;
                case PropertyId.ServerReference: p.ServerReference = Text(reader); break;
                case PropertyId.ReasonString: p.ReasonString = Text(reader); break;
                case PropertyId.ReceiveMaximum: p.ReceiveMaximum = (ushort)number; break;
                case PropertyId.TopicAliasMaximum: p.TopicAliasMaximum = (ushort)number; break;
                case PropertyId.TopicAlias: p.TopicAlias = (ushort)number; break;
                case PropertyId.MaximumQoS: p.MaximumQoS = (QoS)number; break;
                case PropertyId.RetainAvailable: p.RetainAvailable = number != 0; break;
                case PropertyId.UserProperty: (users ??= []).Add(new(Text(reader), Encoding.UTF8.GetString(reader.Value))); break;
                case PropertyId.MaximumPacketSize: p.MaximumPacketSize = number; break;
                case PropertyId.WildcardSubscriptionAvailable: p.WildcardSubscriptionAvailable = number != 0; break;
                case PropertyId.SubscriptionIdentifierAvailable: p.SubscriptionIdentifierAvailable = number != 0; break;
                case PropertyId.SharedSubscriptionAvailable: p.SharedSubscriptionAvailable = number != 0; break;
            }
        }
        error = reader.Error;
        if (error is null && p.AuthenticationData is not null && p.AuthenticationMethod is null)
            error = new(ReasonCode.ProtocolError, $"{PropertyTable.PlaceName(place)} properties: AuthenticationData without AuthenticationMethod (5.0 §3.1.2.11.10)");
        if (error is not null) return null;
        if (users is not null) p.UserProperties = users;
        if (subscriptions is not null) p.SubscriptionIdentifiers = subscriptions;
        return p;
    }

    public static int Measure(MqttProperties properties, int place)
    {
        var writer = default(WireWriter);
        Emit(ref writer, properties, place);
        return writer.Length;
    }

    /// <summary>The properties alone, without their length.</summary>
    public static byte[] ToBytes(MqttProperties properties, int place)
    {
        var bytes = new byte[Measure(properties, place)];
        var writer = WireWriter.Into(bytes);
        Emit(ref writer, properties, place);
        return bytes;
    }

    /// <summary>Writes in order of identifier; throws <see cref="ArgumentException"/> for a property that the packet may not carry.</summary>
    public static void Emit(ref WireWriter w, MqttProperties p, int place)
    {
        Flag(ref w, place, PropertyId.PayloadFormatIndicator, p.PayloadFormatIndicator is { } format ? format != 0 : null);
        UInt32(ref w, place, PropertyId.MessageExpiryInterval, p.MessageExpiryInterval);
        Text(ref w, place, PropertyId.ContentType, p.ContentType);
        Text(ref w, place, PropertyId.ResponseTopic, p.ResponseTopic);
        Binary(ref w, place, PropertyId.CorrelationData, p.CorrelationData);
        if (p.SubscriptionIdentifiers.Count > 1 && !PropertyTable.MayRepeat(PropertyId.SubscriptionIdentifier, place))
            throw new ArgumentException($"{PropertyTable.PlaceName(place)} takes one Subscription Identifier (5.0 §3.8.2.1.2)");
        for (var i = 0; i < p.SubscriptionIdentifiers.Count; i++)
        {
            Id(ref w, place, PropertyId.SubscriptionIdentifier);
            w.VarInt(p.SubscriptionIdentifiers[i]);
        }
        UInt32(ref w, place, PropertyId.SessionExpiryInterval, p.SessionExpiryInterval);
        Text(ref w, place, PropertyId.AssignedClientIdentifier, p.AssignedClientIdentifier);
        UInt16(ref w, place, PropertyId.ServerKeepAlive, p.ServerKeepAlive);
        Text(ref w, place, PropertyId.AuthenticationMethod, p.AuthenticationMethod);
        Binary(ref w, place, PropertyId.AuthenticationData, p.AuthenticationData);
        Flag(ref w, place, PropertyId.RequestProblemInformation, p.RequestProblemInformation);
        UInt32(ref w, place, PropertyId.WillDelayInterval, p.WillDelayInterval);
        Flag(ref w, place, PropertyId.RequestResponseInformation, p.RequestResponseInformation);
        Text(ref w, place, PropertyId.ResponseInformation, p.ResponseInformation);
        Text(ref w, place, PropertyId.ServerReference, p.ServerReference);
        Text(ref w, place, PropertyId.ReasonString, p.ReasonString);
        UInt16(ref w, place, PropertyId.ReceiveMaximum, p.ReceiveMaximum);
        UInt16(ref w, place, PropertyId.TopicAliasMaximum, p.TopicAliasMaximum);
        UInt16(ref w, place, PropertyId.TopicAlias, p.TopicAlias);
        Flag(ref w, place, PropertyId.MaximumQoS, p.MaximumQoS is { } qos ? qos != QoS.AtMostOnce : null);
        Flag(ref w, place, PropertyId.RetainAvailable, p.RetainAvailable);
        for (var i = 0; i < p.UserProperties.Count; i++)
        {
            Id(ref w, place, PropertyId.UserProperty);
            w.Text(p.UserProperties[i].Name);
            w.Text(p.UserProperties[i].Value);
        }
        UInt32(ref w, place, PropertyId.MaximumPacketSize, p.MaximumPacketSize);
        Flag(ref w, place, PropertyId.WildcardSubscriptionAvailable, p.WildcardSubscriptionAvailable);
        Flag(ref w, place, PropertyId.SubscriptionIdentifierAvailable, p.SubscriptionIdentifierAvailable);
        Flag(ref w, place, PropertyId.SharedSubscriptionAvailable, p.SharedSubscriptionAvailable);
    }

    private static string Text(in PropertyReader reader) => Encoding.UTF8.GetString(reader.Bytes);

    private static void Id(ref WireWriter w, int place, PropertyId id)
    {
        if ((PropertyTable.Lookup(id).Places & (1 << place)) == 0)
            throw new ArgumentException($"{id} is not a property of {PropertyTable.PlaceName(place)} (5.0 §2.2.2.2)");
        w.Byte((byte)id);
    }

    private static void Flag(ref WireWriter w, int place, PropertyId id, bool? value)
    {
        if (value is not { } set) return;
        Id(ref w, place, id);
        w.Flag(set);
    }

    private static void UInt16(ref WireWriter w, int place, PropertyId id, ushort? value)
    {
        if (value is not { } number) return;
        Id(ref w, place, id);
        w.UInt16(number);
    }

    private static void UInt32(ref WireWriter w, int place, PropertyId id, uint? value)
    {
        if (value is not { } number) return;
        Id(ref w, place, id);
        w.UInt32(number);
    }

    private static void Text(ref WireWriter w, int place, PropertyId id, string? value)
    {
        if (value is null) return;
        Id(ref w, place, id);
        w.Text(value);
    }

    private static void Binary(ref WireWriter w, int place, PropertyId id, byte[]? value)
    {
        if (value is null) return;
        Id(ref w, place, id);
        w.Binary(value);
    }
}
