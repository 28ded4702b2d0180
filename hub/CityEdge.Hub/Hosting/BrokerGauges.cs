using System.Text.Json;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Ingest;

namespace CityEdge.Hub.Hosting;

/// <summary>The broker's limits on <c>/metrics</c>: how full each is, and how often it bit. Counters run since the hub started.</summary>
public static class BrokerGauges
{
    public static void Register(HubMetrics metrics, MqttBroker broker, BrokerOptions limits)
    {
        metrics.Gauges("cityedge.mqtt.used", "How much of a limit is used.", "limit", () =>
        {
            var stats = broker.Stats;
            return [("max_connections", stats.Connections), ("max_sessions", stats.Sessions), ("retained_bytes", stats.RetainedBytes), ("subscriptions", stats.Subscriptions), ("stalled", stats.Stalled)];
        });
        metrics.Gauges("cityedge.mqtt.limit", "The limits of the hub configuration's broker block.", "limit", () =>
        [
            ("max_connections", limits.MaxConnections), ("max_sessions", limits.MaxSessions), ("retained_bytes", limits.MaxRetainedBytes), ("max_packet", limits.MaxPacketBytes),
            ("receive_maximum", limits.ReceiveMaximum), ("max_in_flight", limits.MaxInFlight), ("topic_aliases", limits.TopicAliasMaximum), ("topic_levels", limits.MaxTopicLevels),
            ("max_subscriptions_per_session", limits.MaxSubscriptionsPerSession), ("queued_bytes_per_session", limits.MaxQueuedBytesPerSession),
            ("pinned_journal_bytes", limits.MaxPinnedJournalBytes), ("message_rate", limits.MaxMessagesPerSecond), ("connect_timeout", limits.ConnectTimeout.TotalSeconds),
            ("keep_alive_max", limits.KeepAliveMax.TotalSeconds), ("session_expiry_max", limits.SessionExpiryMax.TotalSeconds),
            ("authentication_failures_per_minute", limits.MaxAuthenticationFailuresPerMinute),
        ]);
        metrics.Gauges("cityedge.mqtt.bitten", "Times that a limit bit which closes nothing.", "limit", () =>
        {
            var stats = broker.Stats;
            return [("message_rate", stats.RateLimited), ("max_subscriptions_per_session", stats.SubscriptionsRefused), ("queued_bytes_per_session", stats.SessionsOverflowed), ("authentication", stats.AuthenticationFailures)];
        });
        metrics.Gauges("cityedge.mqtt.closed", "Connections that the broker ended, by reason code.", "reason", () => broker.Stats.Closed.Select(c => (JsonNamingPolicy.SnakeCaseLower.ConvertName(c.Key.ToString()), (double)c.Value)));
        metrics.Gauges("cityedge.mqtt.dropped", "Messages not delivered or not retained, by reason.", "reason", () => broker.Stats.Dropped.Select(c => (JsonNamingPolicy.SnakeCaseLower.ConvertName(c.Key.ToString()), (double)c.Value)));
    }
}
