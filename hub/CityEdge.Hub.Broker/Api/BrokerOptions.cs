namespace CityEdge.Hub.Broker;

/// <summary>Limits and times of the broker. Every limit has a counter in <see cref="BrokerStats"/> when it bites.</summary>
public sealed record BrokerOptions
{
    /// <summary>What serves plain TCP. Only the host looks at it.</summary>
    public MqttTransport Transport { get; init; }

    /// <summary>Largest packet accepted, fixed header included, bytes (design §5: 256 KiB). A larger one ends the connection with 0x95.</summary>
    public int MaxPacketBytes { get; init; } = 262_144;

    /// <summary>Largest keep-alive granted to a 5.0 client, also given to one that asks for none (Server Keep Alive, MQTT 5.0 §3.2.2.3.14). 3.1.1 clients keep their own.</summary>
    public TimeSpan KeepAliveMax { get; init; } = TimeSpan.FromSeconds(1200);

    /// <summary>QoS 1 and 2 messages of one client that may be unacknowledged at once, 1..65535. 5.0: more ends the connection with 0x93; 3.1.1: reading stops until the next flush.</summary>
    public int ReceiveMaximum { get; init; } = 256;

    /// <summary>Most messages in flight to one client, whatever Receive Maximum it grants.</summary>
    public int MaxInFlight { get; init; } = 10_000;

    /// <summary>Topic aliases a 5.0 client may use towards the broker; 0 = none.</summary>
    public int TopicAliasMaximum { get; init; } = 32;

    /// <summary>Topic aliases that the broker uses towards one 5.0 client, within the client's Topic Alias Maximum; 0 = none.</summary>
    public int TopicAliasesToClient { get; init; } = 32;

    /// <summary>How often the values under <c>$SYS/broker/</c> are renewed for those who subscribe to them; zero: never, there are none.</summary>
    public TimeSpan SystemTopicsEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of messages waiting for one session. A session above it is ended with 0x97, counted and logged.</summary>
    public long MaxQueuedBytesPerSession { get; init; } = 256L << 20;

    /// <summary>Bytes of journal that one session's oldest waiting message may pin; above it the session is ended as above.</summary>
    public long MaxPinnedJournalBytes { get; init; } = 4L << 30;

    /// <summary>Subscriptions of one session; more are refused with 0x97.</summary>
    public int MaxSubscriptionsPerSession { get; init; } = 1000;

    /// <summary>Open connections, those not yet authenticated or still in their TLS handshake included; more are closed unread.</summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary>Open connections of one <see cref="AddressBlock"/>; more are closed unread. Generous, since a whole town's devices may stand behind one address.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 10_000;

    /// <summary>New connections a second of one <see cref="AddressBlock"/>, lasting; faster ones are closed unread once the burst is used up. 0: no limit.</summary>
    public int ConnectionRatePerAddress { get; init; } = 200;

    /// <summary>New connections of one <see cref="AddressBlock"/> at once: as many as it may have, so that all behind one address may come back together after an outage.</summary>
    public int ConnectionBurstPerAddress { get; init; } = 10_000;

    /// <summary>
    /// Whether the three limits above hold for the hub's own machine too. By default not: a proxy, a bridge, a measurement are many clients behind 127.0.0.1, and a program that runs
    /// there has easier ways to do harm. The configuration sets it with any of the three.
    /// </summary>
    public bool LimitLoopback { get; init; }

    /// <summary>Sessions, connected or not; a new one above it is refused with 0x97.</summary>
    public int MaxSessions { get; init; } = 50_000;

    /// <summary>Levels of a topic or filter, 1..; deeper ones are refused.</summary>
    public int MaxTopicLevels { get; init; } = 32;

    /// <summary>Bytes (topic, payload, properties) of all retained messages. One that does not fit is delivered but not retained, and counted.</summary>
    public long MaxRetainedBytes { get; init; } = 64L << 20;

    /// <summary>Retained messages. A topic that has none yet gets none above it: its message is delivered but not retained, and counted.</summary>
    public int MaxRetainedMessages { get; init; } = 100_000;

    /// <summary>Messages held in memory for one connection ahead of its in-flight window; the rest waits in the journal.</summary>
    public int MaxReadyMessages { get; init; } = 256;

    /// <summary>Bytes held in memory for one connection: ready messages, and as much again of unsent output.</summary>
    public int MaxReadyBytes { get; init; } = 256 * 1024;

    /// <summary>Time from accept to CONNECT and its answer.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest session expiry granted to 5.0 clients; also the expiry of 3.1.1 sessions with clean session 0.</summary>
    public TimeSpan SessionExpiryMax { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How long the answer to a failed authentication is held back.</summary>
    public TimeSpan AuthenticationFailureDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Failed authentications of one address in a minute after which its connections are closed unread until the minute is over.</summary>
    public int MaxAuthenticationFailuresPerMinute { get; init; } = 30;

    /// <summary>
    /// Messages a second of one device, over all its connections; 0 = no limit. A burst of two seconds' worth is taken at once; then its connections are read only
    /// that fast (<see cref="BrokerStats.RateLimited"/>): the device feels back-pressure, nothing is refused. Users are not limited.
    /// </summary>
    public int MaxMessagesPerSecond { get; init; } = 5000;

    /// <summary>True: a 3.1.1 client that publishes where it may not is disconnected; false: acknowledged and dropped. Always counted and reported.</summary>
    public bool CloseOnForbiddenPublish { get; init; }

    /// <summary>Time after a restart in which clients that were connected may come back before their wills are sent.</summary>
    public TimeSpan WillGraceAfterRestart { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Journal bytes between two snapshots of the broker's state.</summary>
    public long SnapshotEveryBytes { get; init; } = 64L << 20;

    /// <summary>Time between two snapshots when anything was journaled.</summary>
    public TimeSpan SnapshotEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How often a connection stalled by a full journal tries again.</summary>
    public TimeSpan JournalFullRetry { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Origins, beside the hub's own, whose pages may connect by WebSocket: <c>https://wall.example</c>, or <c>*</c> for all.</summary>
    public IReadOnlyList<string> WebSocketOrigins { get; init; } = [];

    /// <summary>Who may publish and subscribe what.</summary>
    public TopicPolicy Policy { get; init; } = new();
}
