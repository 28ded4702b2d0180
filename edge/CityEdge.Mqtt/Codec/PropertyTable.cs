namespace CityEdge.Mqtt;

internal enum PropertyType : byte
{
    None,
    Flag,
    UInt16,
    UInt32,
    VarInt,
    Text,
    Binary,
    Pair,
}

/// <summary>Type of each property and the packets that may carry it (5.0 §2.2.2.2, Table 2-4).</summary>
internal static class PropertyTable
{
    /// <summary>Place of the properties of a will inside CONNECT; other places are packet types.</summary>
    public const int Will = 0;

    private const int Connect = 1 << 1, ConnAck = 1 << 2, Publish = 1 << 3, Acks = 0xF << 4, Subscribe = 1 << 8, SubAck = 1 << 9,
        UnsubAck = 1 << 11, Disconnect = 1 << 14, Auth = 1 << 15, InWill = 1 << Will;

    private const int Everywhere = InWill | Connect | ConnAck | Publish | Acks | Subscribe | SubAck | (1 << 10) | UnsubAck | Disconnect | Auth;

    /// <summary><see cref="PropertyType.None"/> for an identifier that does not exist; places is a bit set over packet types.</summary>
    public static (PropertyType Type, int Places) Lookup(PropertyId id) => id switch
    {
        PropertyId.PayloadFormatIndicator => (PropertyType.Flag, Publish | InWill),
        PropertyId.MessageExpiryInterval => (PropertyType.UInt32, Publish | InWill),
        PropertyId.ContentType => (PropertyType.Text, Publish | InWill),
        PropertyId.ResponseTopic => (PropertyType.Text, Publish | InWill),
        PropertyId.CorrelationData => (PropertyType.Binary, Publish | InWill),
        PropertyId.SubscriptionIdentifier => (PropertyType.VarInt, Publish | Subscribe),
        PropertyId.SessionExpiryInterval => (PropertyType.UInt32, Connect | ConnAck | Disconnect),
        PropertyId.AssignedClientIdentifier => (PropertyType.Text, ConnAck),
        PropertyId.ServerKeepAlive => (PropertyType.UInt16, ConnAck),
        PropertyId.AuthenticationMethod => (PropertyType.Text, Connect | ConnAck | Auth),
        PropertyId.AuthenticationData => (PropertyType.Binary, Connect | ConnAck | Auth),
        PropertyId.RequestProblemInformation => (PropertyType.Flag, Connect),
        PropertyId.WillDelayInterval => (PropertyType.UInt32, InWill),
        PropertyId.RequestResponseInformation => (PropertyType.Flag, Connect),
        PropertyId.ResponseInformation => (PropertyType.Text, ConnAck),
        PropertyId.ServerReference => (PropertyType.Text, ConnAck | Disconnect),
        PropertyId.ReasonString => (PropertyType.Text, ConnAck | Acks | SubAck | UnsubAck | Disconnect | Auth),
        PropertyId.ReceiveMaximum => (PropertyType.UInt16, Connect | ConnAck),
        PropertyId.TopicAliasMaximum => (PropertyType.UInt16, Connect | ConnAck),
        PropertyId.TopicAlias => (PropertyType.UInt16, Publish),
        PropertyId.MaximumQoS => (PropertyType.Flag, ConnAck),
        PropertyId.RetainAvailable => (PropertyType.Flag, ConnAck),
        PropertyId.UserProperty => (PropertyType.Pair, Everywhere),
        PropertyId.MaximumPacketSize => (PropertyType.UInt32, Connect | ConnAck),
        PropertyId.WildcardSubscriptionAvailable => (PropertyType.Flag, ConnAck),
        PropertyId.SubscriptionIdentifierAvailable => (PropertyType.Flag, ConnAck),
        PropertyId.SharedSubscriptionAvailable => (PropertyType.Flag, ConnAck),
        _ => (PropertyType.None, 0),
    };

    /// <summary>User Property may repeat everywhere, Subscription Identifier in PUBLISH only (§3.3.2.3.8, §3.8.2.1.2).</summary>
    public static bool MayRepeat(PropertyId id, int place) =>
        id == PropertyId.UserProperty || (id == PropertyId.SubscriptionIdentifier && place == (int)PacketType.Publish);

    public static string PlaceName(int place) => place == Will ? "will" : ((PacketType)place).ToString().ToUpperInvariant();
}
