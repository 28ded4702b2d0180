using System.Text.Json;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Ingest;

namespace CityEdge.Hub.Hosting;

/// <summary>
/// The broker's limits on <c>/metrics</c>, each under the key that sets it: <c>cityedge_mqtt_limit</c> (no limit is <c>+Inf</c>), how much of it is used where that is a level,
/// and <c>cityedge_mqtt_bitten_total</c>, how often it bit since the hub started.
/// </summary>
public static class BrokerGauges
{
    public static void Register(HubMetrics metrics, MqttBroker broker, BrokerOptions limits)
    {
        metrics.Gauges("cityedge.mqtt.used", "How much of a limit is used; of a limit for each address or session, by the one that uses most.", "limit", () =>
        {
            var (stats, peaks) = (broker.Stats, broker.Peaks);
            return
            [
                ("max_connections", stats.Connections), ("max_connections_per_address", peaks.ConnectionsOfOneAddress), ("max_sessions", stats.Sessions), ("retained_bytes", stats.RetainedBytes),
                ("retained_messages", stats.RetainedMessages), ("max_subscriptions_per_session", peaks.SubscriptionsOfOneSession), ("queued_bytes_per_session", peaks.QueuedBytesOfOneSession),
            ];
        });
        metrics.Gauges("cityedge.mqtt.limit", "The limits of the hub configuration's broker block; durations in seconds.", "limit", () => Limits(limits));
        metrics.Counters("cityedge.mqtt.bitten", "Times that a limit bit.", "limit", () =>
        {
            var bitten = broker.Stats.Bitten;
            return Enum.GetValues<BrokerLimit>().Select(l => (Word(l), bitten.GetValueOrDefault(l)));
        });
        metrics.Counters("cityedge.mqtt.closed", "Connections that the broker ended or did not let in, by reason code.", "reason", () => broker.Stats.Closed.Select(c => (Word(c.Key), c.Value)));
        metrics.Counters("cityedge.mqtt.dropped", "Messages not delivered or not retained, by reason.", "reason", () => broker.Stats.Dropped.Select(c => (Word(c.Key), c.Value)));
        metrics.Gauge("cityedge.mqtt.subscriptions", "Subscriptions of all sessions.", () => broker.Stats.Subscriptions);
        metrics.Gauge("cityedge.mqtt.stalled", "Connections that wait because the journal is full.", () => broker.Stats.Stalled);
    }

    /// <summary>Every limit by its key.</summary>
    internal static IEnumerable<(string Key, double Value)> Limits(BrokerOptions limits) =>
    [
        ("max_connections", limits.MaxConnections), ("max_connections_per_address", limits.MaxConnectionsPerAddress), ("connection_rate_per_address", OrNone(limits.ConnectionRatePerAddress)),
        ("connection_burst_per_address", limits.ConnectionBurstPerAddress), ("connect_timeout", limits.ConnectTimeout.TotalSeconds), ("max_sessions", limits.MaxSessions),
        ("authentication_failures_per_minute", limits.MaxAuthenticationFailuresPerMinute), ("authentication_failure_delay", limits.AuthenticationFailureDelay.TotalSeconds),
        ("keep_alive_max", limits.KeepAliveMax.TotalSeconds), ("session_expiry_max", limits.SessionExpiryMax.TotalSeconds), ("max_packet", limits.MaxPacketBytes),
        ("receive_maximum", limits.ReceiveMaximum), ("message_rate", OrNone(limits.MaxMessagesPerSecond)), ("max_in_flight", limits.MaxInFlight), ("topic_aliases", limits.TopicAliasMaximum),
        ("topic_aliases_to_client", limits.TopicAliasesToClient), ("topic_levels", limits.MaxTopicLevels), ("max_subscriptions_per_session", limits.MaxSubscriptionsPerSession),
        ("queued_bytes_per_session", limits.MaxQueuedBytesPerSession), ("pinned_journal_bytes", limits.MaxPinnedJournalBytes), ("retained_bytes", limits.MaxRetainedBytes),
        ("retained_messages", limits.MaxRetainedMessages), ("system_topics_every", limits.SystemTopicsEvery > TimeSpan.Zero ? limits.SystemTopicsEvery.TotalSeconds : double.PositiveInfinity),
        ("will_grace", limits.WillGraceAfterRestart.TotalSeconds),
    ];

    private static double OrNone(int limit) => limit == 0 ? double.PositiveInfinity : limit;

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
