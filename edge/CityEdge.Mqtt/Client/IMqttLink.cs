namespace CityEdge.Mqtt;

/// <summary>
/// A lasting link to an MQTT server that reconnects by itself. Any thread may call it. Events are raised one at a time; a handler that throws is reported through
/// <see cref="HandlerFailed"/>.
/// </summary>
public interface IMqttLink
{
    /// <summary>Raised after CONNACK accepted.</summary>
    event Action<MqttConnected>? Connected;

    /// <summary>Raised when a connection ended, and for each attempt that failed or was refused.</summary>
    event Action<MqttDisconnected>? Disconnected;

    /// <summary>A remembered subscription was refused when it was made again after a reconnect; it is not remembered any more.</summary>
    event Action<string, ReasonCode>? SubscriptionRefused;

    /// <summary>The message handler or an event handler threw.</summary>
    event Action<Exception>? HandlerFailed;

    MqttLinkState State { get; }

    MqttLinkStatistics Statistics { get; }

    /// <summary>Begins connecting in the background; returns at once.</summary>
    Task StartAsync(CancellationToken cancellation = default);

    /// <summary>Completes as soon as there is a connection.</summary>
    Task WaitConnectedAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Publishes; messages leave in the order of the calls, also before there is a connection. Completes for QoS 0 when written to the socket, for QoS 1 on PUBACK, for QoS 2 on
    /// PUBCOMP. Until then the message is kept and sent again after a reconnect: with DUP and the same identifier when the session is present, as new when it is not (which may
    /// deliver it twice). Cancelling a message that is still waiting for its place in the window withdraws it; afterwards it only ends the waiting.
    /// </summary>
    /// <exception cref="ArgumentException">The topic or a property cannot be sent.</exception>
    /// <exception cref="ObjectDisposedException">The link was stopped; whether the message arrived is not known.</exception>
    Task<PublishResult> PublishAsync(MqttMessage message, CancellationToken cancellation = default);

    /// <summary>Subscribes and remembers: made again by itself when a session is lost. Completes on SUBACK with one code per filter; refused ones are not remembered.</summary>
    Task<IReadOnlyList<ReasonCode>> SubscribeAsync(IReadOnlyList<Subscription> subscriptions, CancellationToken cancellation = default);

    /// <summary>Forgets the filters and unsubscribes. Completes on UNSUBACK; no codes in 3.1.1.</summary>
    Task<IReadOnlyList<ReasonCode>> UnsubscribeAsync(IReadOnlyList<string> filters, CancellationToken cancellation = default);

    /// <summary>
    /// Ends the link for good with a DISCONNECT. <paramref name="publishWill"/>: with 0x04, so that the server publishes the will (5.0; in 3.1.1 the connection is closed without
    /// DISCONNECT, which does the same).
    /// </summary>
    Task DisconnectAsync(bool publishWill = false, CancellationToken cancellation = default);
}
