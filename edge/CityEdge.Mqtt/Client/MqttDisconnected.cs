namespace CityEdge.Mqtt;

/// <summary>A connection ended, could not be opened or was refused.</summary>
/// <param name="Code">From CONNACK or DISCONNECT of the server, or what this side found wrong; null when the network or TLS failed.</param>
/// <param name="Message">For a log: what happened, and the server's reason string.</param>
/// <param name="ByServer">The server said so.</param>
/// <param name="Retry">When the next attempt starts; null when there will be none.</param>
public sealed record MqttDisconnected(ReasonCode? Code, string Message, bool ByServer, TimeSpan? Retry)
{
    /// <summary>Of the server's CONNACK or DISCONNECT: its reason string, user properties; null when there were none.</summary>
    public MqttProperties? Properties { get; init; }

    /// <summary>Another server that this one names (0x9C, 0x9D; 5.0 §4.11). It is reported, not followed: whom to trust is a setting.</summary>
    public string? ServerReference => Properties?.ServerReference;
}
