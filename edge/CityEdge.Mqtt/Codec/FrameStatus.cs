namespace CityEdge.Mqtt;

/// <summary>Outcome of looking for one control packet at the start of a buffer.</summary>
public enum FrameStatus : byte
{
    /// <summary>The packet is not complete; keep the bytes and read more.</summary>
    NeedMore,

    /// <summary>One packet was cut off the front.</summary>
    Frame,

    /// <summary>The first byte or the remaining length is not MQTT: close.</summary>
    Malformed,

    /// <summary>The packet is longer than the limit: close with <see cref="ReasonCode.PacketTooLarge"/>.</summary>
    TooLarge,
}
