namespace CityEdge.Mqtt;

/// <summary>How an <see cref="MqttClient"/> connects and behaves. Wrong values throw <see cref="ArgumentException"/> from the client's constructor.</summary>
public sealed record MqttClientOptions
{
    /// <summary><c>mqtt://host[:1883]</c>, <c>mqtts://host[:8883]</c> or <c>host[:port]</c> (plain).</summary>
    public required string Url { get; init; }

    public MqttVersion Version { get; init; } = MqttVersion.V500;

    /// <summary>Empty: one is made up and kept as long as the client lives.</summary>
    public string ClientId { get; init; } = "";

    public string? UserName { get; init; }

    public string? Password { get; init; }

    /// <summary>PEM file of the certificate authorities to trust instead of the system's; read at every connect.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of the client's certificate for mutual TLS.</summary>
    public string? ClientCertificateFile { get; init; }

    /// <summary>PEM file of its key; null when it is in <see cref="ClientCertificateFile"/>.</summary>
    public string? ClientKeyFile { get; init; }

    /// <summary>Whether the server's certificate must name the host of <see cref="Url"/>.</summary>
    public bool CheckServerName { get; init; } = true;

    /// <summary>Discard the server's session: in 5.0 at the first connect only, in 3.1.1 at every one (there it means that no session is kept).</summary>
    public bool CleanStart { get; init; }

    /// <summary>5.0: how long the server keeps the session without a connection; whole seconds, at most 136 years (then: never expires).</summary>
    public TimeSpan SessionExpiry { get; init; } = TimeSpan.FromHours(1);

    /// <summary>0 is off; else 1 s to 65 535 s. The server's Server Keep Alive goes before it.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a PINGREQ may go without anything from the server; at most the keep-alive time in use.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public WillMessage? Will { get; init; }

    /// <summary>5.0: how long the server waits before it publishes the will.</summary>
    public TimeSpan WillDelay { get; init; }

    /// <summary>Most publishes of QoS 1 and 2 under way at a time, 1 to 65 535; the server's Receive Maximum limits it further.</summary>
    public int MaxInflight { get; init; } = 20;

    /// <summary>5.0: most un-acknowledged deliveries that the server may have under way to this client, 1 to 65 535.</summary>
    public int ReceiveMaximum { get; init; } = 100;

    /// <summary>
    /// True: a server that goes over <see cref="ReceiveMaximum"/> is left with 0x93 (5.0 §3.3.4). False: it is put up with, and the socket is read only as fast as the handler takes
    /// messages: mosquitto 2.0 goes over it when it resumes a session with messages under way, so that leaving it would never end.
    /// </summary>
    public bool EnforceReceiveMaximum { get; init; } = true;

    /// <summary>5.0: most topic aliases that the server may use, 0 to 65 535.</summary>
    public int TopicAliasMaximum { get; init; }

    /// <summary>5.0: most topic aliases that this client uses, 0 to 65 535; the first topics of a connection get them, as far as the server's Topic Alias Maximum goes.</summary>
    public int MaxTopicAliases { get; init; } = 16;

    /// <summary>5.0: asks for Response Information in CONNACK, from which to make response topics (§3.1.2.11.6).</summary>
    public bool RequestResponseInformation { get; init; }

    /// <summary>5.0: false asks the server to leave reason strings and user properties out of its answers (§3.1.2.11.7).</summary>
    public bool RequestProblemInformation { get; init; } = true;

    /// <summary>5.0: user properties of CONNECT.</summary>
    public IReadOnlyList<UserProperty> UserProperties { get; init; } = [];

    /// <summary>5.0: enhanced authentication; null refuses a server that asks for it.</summary>
    public IMqttAuthentication? Authentication { get; init; }

    /// <summary>Longest packet that is accepted, bytes.</summary>
    public int MaxPacketSize { get; init; } = 1 << 20;

    /// <summary>For DNS, TCP, TLS and CONNACK together.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Upper end of the first wait between attempts; doubles to <see cref="MaxBackoff"/>, drawn with full jitter.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A connection that held this long starts the back-off afresh.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Least wait after a refusal that a retry alone will not mend; up to twice that, by jitter.</summary>
    public TimeSpan RefusedBackoff { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Gets every received message, one at a time in order of arrival. Needed to subscribe. What it throws is raised as <see cref="IMqttLink.HandlerFailed"/>, and the message is
    /// acknowledged (5.0: with 0x83): MQTT delivers again only after a reconnect, and one bad message must not stop the others.
    /// </summary>
    public Func<MqttIncoming, CancellationToken, ValueTask>? Handler { get; init; }

    /// <summary>False: a message is acknowledged when the handler returns. True: when <see cref="MqttIncoming.AcknowledgeAsync"/> is called.</summary>
    public bool ManualAcknowledgement { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>For jitter; a seeded one makes runs repeatable. Used by one thread at a time.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Without the secrets.</summary>
    public override string ToString() => $"{Url} {Version} client {ClientId} user {UserName ?? "-"}";
}
