using System.Globalization;
using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Hub.Cli;

/// <summary>The block <c>broker:</c> of the configuration file: the limits of <see cref="BrokerOptions"/>, and <c>acl</c>, the ordered topic policy.</summary>
public static class BrokerSettings
{
    private static readonly Dictionary<string, Func<BrokerOptions, YamlValue, BrokerOptions>> Keys = new(StringComparer.Ordinal)
    {
        ["transport"] = (o, v) => o with { Transport = v.Choice("epoll", "kestrel") == "kestrel" ? MqttTransport.Kestrel : MqttTransport.Epoll },
        ["keep_alive_max"] = (o, v) => o with { KeepAliveMax = v.Duration(1, ushort.MaxValue) },
        ["receive_maximum"] = (o, v) => o with { ReceiveMaximum = (int)v.Number(1, ushort.MaxValue) },
        ["max_packet"] = (o, v) => o with { MaxPacketBytes = (int)v.Bytes(1024, 268_435_455) },
        ["max_in_flight"] = (o, v) => o with { MaxInFlight = (int)v.Number(1, ushort.MaxValue) },
        ["topic_aliases"] = (o, v) => o with { TopicAliasMaximum = (int)v.Number(0, 1000) },
        ["topic_aliases_to_client"] = (o, v) => o with { TopicAliasesToClient = (int)v.Number(0, 1000) },
        ["topic_levels"] = (o, v) => o with { MaxTopicLevels = (int)v.Number(1, 1000) },
        ["max_connections"] = (o, v) => o with { MaxConnections = (int)v.Number(1, 1_000_000) },
        ["max_connections_per_address"] = (o, v) => o with { MaxConnectionsPerAddress = (int)v.Number(1, 1_000_000), LimitLoopback = true },
        ["connection_rate_per_address"] = (o, v) => o with { ConnectionRatePerAddress = v.Text == "none" ? 0 : (int)v.Number(1, 1_000_000), LimitLoopback = true },
        ["connection_burst_per_address"] = (o, v) => o with { ConnectionBurstPerAddress = (int)v.Number(1, 1_000_000), LimitLoopback = true },
        ["max_sessions"] = (o, v) => o with { MaxSessions = (int)v.Number(1, 1_000_000) },
        ["max_subscriptions_per_session"] = (o, v) => o with { MaxSubscriptionsPerSession = (int)v.Number(1, 1_000_000) },
        ["queued_bytes_per_session"] = (o, v) => o with { MaxQueuedBytesPerSession = v.Bytes(1, long.MaxValue) },
        ["pinned_journal_bytes"] = (o, v) => o with { MaxPinnedJournalBytes = v.Bytes(1, long.MaxValue) },
        ["retained_bytes"] = (o, v) => o with { MaxRetainedBytes = v.Bytes(0, long.MaxValue) },
        ["retained_messages"] = (o, v) => o with { MaxRetainedMessages = (int)v.Number(0, 10_000_000) },
        ["connect_timeout"] = (o, v) => o with { ConnectTimeout = v.Duration(1, 3600) },
        ["session_expiry_max"] = (o, v) => o with { SessionExpiryMax = v.Duration(0, uint.MaxValue - 1) },
        ["authentication_failure_delay"] = (o, v) => o with { AuthenticationFailureDelay = v.Duration(0, 60) },
        ["authentication_failures_per_minute"] = (o, v) => o with { MaxAuthenticationFailuresPerMinute = (int)v.Number(1, 1_000_000) },
        ["message_rate"] = (o, v) => o with { MaxMessagesPerSecond = v.Text == "none" ? 0 : (int)v.Number(1, 10_000_000) },
        ["system_topics_every"] = (o, v) => o with { SystemTopicsEvery = v.Text == "none" ? TimeSpan.Zero : v.Duration(1, 86_400) },
        ["forbidden_publish"] = (o, v) => o with { CloseOnForbiddenPublish = v.Choice("drop", "close") == "close" },
        ["websocket_origins"] = (o, v) => o with { WebSocketOrigins = v.Origins() },
        ["will_grace"] = (o, v) => o with { WillGraceAfterRestart = v.Duration(0, 86_400) },
    };

    /// <summary>All keys, in the order of the documentation.</summary>
    public static IReadOnlyCollection<string> Known { get; } = [.. Keys.Keys, "acl"];

    /// <summary>Reads the block; what it does not name keeps its default.</summary>
    /// <exception cref="UsageException">A key is unknown or a value cannot be used; the message has file, line and column.</exception>
    public static BrokerOptions Read(YamlNode node, string path)
    {
        var options = new BrokerOptions();
        foreach (var (keyNode, value) in YamlValue.Map(node, path, "broker").Children)
        {
            var key = keyNode.ToString();
            if (key == "acl") options = options with { Policy = new TopicPolicy(Rules(value, path)) };
            else if (Keys.TryGetValue(key, out var set)) options = set(options, new YamlValue(path, "broker." + key, value));
            else throw YamlValue.At(path, keyNode, $"unknown key 'broker.{key}'; known: {string.Join(", ", Known)}.");
        }
        return options;
    }

    private static List<TopicRule> Rules(YamlNode node, string path)
    {
        if (node is not YamlSequenceNode list) throw YamlValue.At(path, node, "'broker.acl' must be a list of entries such as '- { deny: subscribe, topic: secret/# }'.");
        return [.. list.Children.Select((item, i) => Rule(YamlValue.Map(item, path, $"broker.acl[{i}]"), path, $"broker.acl[{i}]"))];
    }

    private static TopicRule Rule(YamlMappingNode entry, string path, string name)
    {
        (bool Allow, TopicAction Action)? verb = null;
        string? topic = null, user = null;
        YamlNode? topicNode = null;
        foreach (var (keyNode, node) in entry.Children)
        {
            var key = keyNode.ToString();
            var value = new YamlValue(path, $"{name}.{key}", node);
            switch (key)
            {
                case "allow" or "deny":
                    if (verb is not null) throw YamlValue.At(path, keyNode, $"'{name}' has both allow and deny; write two entries.");
                    verb = (key == "allow", value.Choice("publish", "subscribe", "all") switch { "publish" => TopicAction.Publish, "subscribe" => TopicAction.Subscribe, _ => TopicAction.All });
                    break;
                case "topic":
                    (topic, topicNode) = (value.Text, node);
                    break;
                case "user":
                    user = value.Text;
                    break;
                default:
                    throw YamlValue.At(path, keyNode, $"unknown key '{name}.{key}'; known: allow, deny, topic, user.");
            }
        }
        if (verb is not { } what) throw YamlValue.At(path, entry, $"'{name}' says neither allow nor deny; write 'allow: publish', 'deny: subscribe' or 'deny: all'.");
        if (topic is null) throw YamlValue.At(path, entry, $"'{name}' has no topic; write 'topic: \"#\"' for every topic.");
        return TopicRule.TryCreate(what.Allow, what.Action, topic, user, out var rule, out var error) ? rule : throw YamlValue.At(path, topicNode!, $"'{name}': {error}.");
    }
}
