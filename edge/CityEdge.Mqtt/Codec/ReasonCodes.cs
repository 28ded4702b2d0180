namespace CityEdge.Mqtt;

/// <summary>Which reason codes each packet may carry (5.0 §2.4, tables of §3.2 to §3.15) and their 3.1.1 counterparts (3.1.1 §3.2.2.3, §3.9.3).</summary>
public static class ReasonCodes
{
    /// <summary>True for 0x80 and above.</summary>
    public static bool IsFailure(ReasonCode code) => code >= ReasonCode.UnspecifiedError;

    /// <summary>True when a 5.0 packet of this type may carry the code.</summary>
    public static bool IsAllowed(PacketType packet, ReasonCode code) => packet switch
    {
        PacketType.ConnAck => (byte)code is 0x00 or (>= 0x80 and <= 0x8A) or 0x8C or 0x90 or 0x95 or 0x97 or (>= 0x99 and <= 0x9D) or 0x9F,
        PacketType.PubAck or PacketType.PubRec => (byte)code is 0x00 or 0x10 or 0x80 or 0x83 or 0x87 or 0x90 or 0x91 or 0x97 or 0x99,
        PacketType.PubRel or PacketType.PubComp => (byte)code is 0x00 or 0x92,
        PacketType.SubAck => (byte)code is <= 0x02 or 0x80 or 0x83 or 0x87 or 0x8F or 0x91 or 0x97 or 0x9E or 0xA1 or 0xA2,
        PacketType.UnsubAck => (byte)code is 0x00 or 0x11 or 0x80 or 0x83 or 0x87 or 0x8F or 0x91,
        PacketType.Disconnect => (byte)code is 0x00 or 0x04 or (>= 0x80 and <= 0x83) or 0x87 or 0x89 or (>= 0x8B and <= 0x90) or (>= 0x93 and <= 0xA2),
        PacketType.Auth => (byte)code is 0x00 or 0x18 or 0x19,
        _ => false,
    };

    /// <summary>3.1.1 CONNACK return code 0 to 5 that says most nearly the same.</summary>
    internal static byte ToConnectReturnCode(ReasonCode code) => code switch
    {
        ReasonCode.Success => 0,
        ReasonCode.UnsupportedProtocolVersion => 1,
        ReasonCode.ClientIdentifierNotValid => 2,
        ReasonCode.BadUserNameOrPassword or ReasonCode.BadAuthenticationMethod => 4,
        ReasonCode.NotAuthorized or ReasonCode.Banned => 5,
        _ => 3,
    };

    /// <summary>Reason code of a 3.1.1 CONNACK return code; null above 5, which 3.1.1 reserves.</summary>
    internal static ReasonCode? FromConnectReturnCode(byte code) => code switch
    {
        0 => ReasonCode.Success,
        1 => ReasonCode.UnsupportedProtocolVersion,
        2 => ReasonCode.ClientIdentifierNotValid,
        3 => ReasonCode.ServerUnavailable,
        4 => ReasonCode.BadUserNameOrPassword,
        5 => ReasonCode.NotAuthorized,
        _ => null,
    };
}
