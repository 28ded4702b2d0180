namespace CityEdge.Mqtt;

/// <summary>
/// The 5.0 properties of one packet (§2.2.2); null or empty means absent. Which packet may carry which is checked when decoding (an error value) and when encoding
/// (<see cref="ArgumentException"/>: a mistake of the caller). Never present in 3.1.1.
/// </summary>
public sealed class MqttProperties
{
    /// <summary>0: bytes; 1: the payload is UTF-8 text (§3.3.2.3.2).</summary>
    public byte? PayloadFormatIndicator { get; set; }

    /// <summary>Seconds.</summary>
    public uint? MessageExpiryInterval { get; set; }

    public string? ContentType { get; set; }

    public string? ResponseTopic { get; set; }

    public byte[]? CorrelationData { get; set; }

    /// <summary>1 to 268 435 455 each; at most one in SUBSCRIBE.</summary>
    public IReadOnlyList<uint> SubscriptionIdentifiers { get; set; } = [];

    /// <summary>Seconds; 0xFFFFFFFF never expires (§3.1.2.11.2).</summary>
    public uint? SessionExpiryInterval { get; set; }

    public string? AssignedClientIdentifier { get; set; }

    /// <summary>Seconds; 0 is off.</summary>
    public ushort? ServerKeepAlive { get; set; }

    public string? AuthenticationMethod { get; set; }

    /// <summary>Only together with <see cref="AuthenticationMethod"/> (§3.1.2.11.10).</summary>
    public byte[]? AuthenticationData { get; set; }

    public bool? RequestProblemInformation { get; set; }

    /// <summary>Seconds.</summary>
    public uint? WillDelayInterval { get; set; }

    public bool? RequestResponseInformation { get; set; }

    public string? ResponseInformation { get; set; }

    public string? ServerReference { get; set; }

    public string? ReasonString { get; set; }

    /// <summary>1 to 65 535.</summary>
    public ushort? ReceiveMaximum { get; set; }

    public ushort? TopicAliasMaximum { get; set; }

    /// <summary>1 to 65 535.</summary>
    public ushort? TopicAlias { get; set; }

    /// <summary><see cref="QoS.AtMostOnce"/> or <see cref="QoS.AtLeastOnce"/>; absent means all.</summary>
    public QoS? MaximumQoS { get; set; }

    public bool? RetainAvailable { get; set; }

    public IReadOnlyList<UserProperty> UserProperties { get; set; } = [];

    /// <summary>Bytes of a whole packet, 1 and more.</summary>
    public uint? MaximumPacketSize { get; set; }

    public bool? WildcardSubscriptionAvailable { get; set; }

    public bool? SubscriptionIdentifierAvailable { get; set; }

    public bool? SharedSubscriptionAvailable { get; set; }

    internal MqttProperties Clone() => (MqttProperties)MemberwiseClone();

    /// <summary>First value of that User Property; null when there is none.</summary>
    public string? User(string name)
    {
        foreach (var property in UserProperties)
        {
            if (property.Name == name) return property.Value;
        }
        return null;
    }
}
