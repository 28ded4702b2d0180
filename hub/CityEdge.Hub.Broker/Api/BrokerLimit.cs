namespace CityEdge.Hub.Broker;

/// <summary>The limits of <see cref="BrokerOptions"/> whose biting is counted; in <c>lower_snake_case</c> these are the keys of the configuration and the labels of the metrics.</summary>
public enum BrokerLimit
{
    MaxConnections,
    MaxConnectionsPerAddress,
    ConnectionRatePerAddress,
    ConnectTimeout,
    MaxSessions,
    AuthenticationFailuresPerMinute,
    KeepAliveMax,
    SessionExpiryMax,
    MaxPacket,
    ReceiveMaximum,
    MessageRate,
    MaxInFlight,
    TopicAliases,
    TopicAliasesToClient,
    TopicLevels,
    MaxSubscriptionsPerSession,
    QueuedBytesPerSession,
    PinnedJournalBytes,
    RetainedBytes,
    RetainedMessages,
}
