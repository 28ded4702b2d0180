namespace CityEdge.Mqtt;

/// <summary>
/// What became of a publish. Codes below 0x80 are success (0x10: nobody subscribes). Failures come from the server (5.0 §3.4.2.1: 0x87 not authorised, 0x97 quota exceeded, …)
/// or, before sending, from the limits that the server announced (0x95 packet too large, 0x9A retain, 0x9B QoS); 0x88 for QoS 0 means that the connection broke before the
/// message was written. 3.1.1 servers cannot refuse: every acknowledgement is a success.
/// </summary>
public readonly record struct PublishResult(ReasonCode Code, string? Reason = null)
{
    public bool IsSuccess => !ReasonCodes.IsFailure(Code);
}
