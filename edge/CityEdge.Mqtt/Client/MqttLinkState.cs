namespace CityEdge.Mqtt;

/// <summary>Where a link stands; it changes by itself until it is stopped.</summary>
public enum MqttLinkState : byte
{
    /// <summary>Not started, or disconnected on request or disposed.</summary>
    Stopped,

    /// <summary>Opening the connection or waiting for CONNACK.</summary>
    Connecting,

    Connected,

    /// <summary>Between two attempts.</summary>
    Waiting,

    /// <summary>Between two attempts, the last of which the server refused (bad credentials, not authorised, …): someone has to act; retries are slow.</summary>
    Refused,
}
