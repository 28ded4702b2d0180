namespace CityEdge.Mqtt;

/// <summary>Why received bytes are not acceptable MQTT: the code to close the connection with (5.0 §4.13) and a message that names packet, field and section.</summary>
/// <param name="Code">0x81 when the bytes cannot be parsed, 0x82 when the standard forbids what they say, or the more exact code that the standard names.</param>
/// <param name="Message">For a log.</param>
public sealed record MqttProtocolError(ReasonCode Code, string Message);
