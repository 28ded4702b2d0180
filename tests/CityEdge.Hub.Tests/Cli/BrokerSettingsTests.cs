using System.CommandLine;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Cli;

namespace CityEdge.Hub.Tests.Cli;

/// <summary>The block <c>broker:</c> of the configuration file.</summary>
public sealed class BrokerSettingsTests
{
    [Fact]
    public void Without_the_block_the_defaults_hold() => Assert.Equal(new BrokerOptions() with { Policy = null! }, Read("http: http://127.0.0.1:0\n") with { Policy = null! });

    [Theory]
    [InlineData("keep_alive_max: 60s", 60)]
    [InlineData("receive_maximum: 20", 20)]
    [InlineData("max_packet: 64KiB", 65536)]
    [InlineData("max_in_flight: 7", 7)]
    [InlineData("topic_aliases: 0", 0)]
    [InlineData("topic_levels: 9", 9)]
    [InlineData("max_connections: 11", 11)]
    [InlineData("max_sessions: 12", 12)]
    [InlineData("max_subscriptions_per_session: 13", 13)]
    [InlineData("queued_bytes_per_session: 1MiB", 1 << 20)]
    [InlineData("pinned_journal_bytes: 2MiB", 2 << 20)]
    [InlineData("retained_bytes: 3KiB", 3072)]
    [InlineData("connect_timeout: 4s", 4)]
    [InlineData("session_expiry_max: 1h", 3600)]
    [InlineData("authentication_failure_delay: 2s", 2)]
    [InlineData("authentication_failures_per_minute: 14", 14)]
    [InlineData("message_rate: 15", 15)]
    [InlineData("message_rate: none", 0)]
    [InlineData("max_connections_per_address: 16", 16)]
    [InlineData("connection_rate_per_address: 17", 17)]
    [InlineData("connection_rate_per_address: none", 0)]
    [InlineData("connection_burst_per_address: 18", 18)]
    [InlineData("topic_aliases_to_client: 19", 19)]
    [InlineData("retained_messages: 21", 21)]
    [InlineData("system_topics_every: 1m", 60)]
    [InlineData("system_topics_every: none", 0)]
    [InlineData("forbidden_publish: close", 1)]
    [InlineData("will_grace: 30s", 30)]
    public void Every_limit_is_a_key(string line, double expected)
    {
        var o = Read($"broker:\n  {line}\n");
        object value = line[..line.IndexOf(':')] switch
        {
            "keep_alive_max" => o.KeepAliveMax,
            "receive_maximum" => o.ReceiveMaximum,
            "max_packet" => o.MaxPacketBytes,
            "max_in_flight" => o.MaxInFlight,
            "topic_aliases" => o.TopicAliasMaximum,
            "topic_levels" => o.MaxTopicLevels,
            "max_connections" => o.MaxConnections,
            "max_sessions" => o.MaxSessions,
            "max_subscriptions_per_session" => o.MaxSubscriptionsPerSession,
            "queued_bytes_per_session" => o.MaxQueuedBytesPerSession,
            "pinned_journal_bytes" => o.MaxPinnedJournalBytes,
            "retained_bytes" => o.MaxRetainedBytes,
            "connect_timeout" => o.ConnectTimeout,
            "session_expiry_max" => o.SessionExpiryMax,
            "authentication_failure_delay" => o.AuthenticationFailureDelay,
            "authentication_failures_per_minute" => o.MaxAuthenticationFailuresPerMinute,
            "message_rate" => o.MaxMessagesPerSecond,
            "max_connections_per_address" => o.MaxConnectionsPerAddress,
            "connection_rate_per_address" => o.ConnectionRatePerAddress,
            "connection_burst_per_address" => o.ConnectionBurstPerAddress,
            "topic_aliases_to_client" => o.TopicAliasesToClient,
            "retained_messages" => o.MaxRetainedMessages,
            "system_topics_every" => o.SystemTopicsEvery,
            "forbidden_publish" => o.CloseOnForbiddenPublish ? 1 : 0,
            _ => o.WillGraceAfterRestart,
        };
        Assert.Equal(expected, value is TimeSpan time ? time.TotalSeconds : Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Every_key_has_its_line_with_its_default_on_the_page_of_limits()
    {
        var lines = File.ReadAllLines(Path.Combine(Checkout.Root, "hub/CityEdge.Hub.Broker/LIMITS.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.Equal(BrokerSettings.Known.Order(StringComparer.Ordinal), lines.Select(l => l[1].Trim('`')).Order(StringComparer.Ordinal));
        Assert.All(lines, l => Assert.All(l[2..5], Assert.NotEmpty));
        // What is written there as the default is the default.
        var written = Read("broker:\n" + string.Concat(lines.Where(l => l[2] != "[]").Select(l => $"  {l[1].Trim('`')}: {l[2]}\n")));
        Assert.Equal(new BrokerOptions() with { Policy = null!, LimitLoopback = true }, written with { Policy = null! });
    }

    [Theory]
    [InlineData("max_connections_per_address: 1", true)]
    [InlineData("connection_rate_per_address: 1", true)]
    [InlineData("connection_burst_per_address: 1", true)]
    [InlineData("max_connections: 1", false)]
    public void Loopback_is_limited_once_a_limit_of_an_address_is_written(string line, bool limited) => Assert.Equal(limited, Read($"broker:\n  {line}\n").LimitLoopback);

    [Fact]
    public void Origins_are_kept_as_browsers_write_them() =>
        Assert.Equal(["https://wall.example", "http://10.0.0.5:3000", "*"], Read("broker:\n  websocket_origins: [\"https://Wall.example:443/\", \"http://10.0.0.5:3000\", \"*\"]\n").WebSocketOrigins);

    [Fact]
    public void Rules_keep_their_order()
    {
        var rules = Read("""
            broker:
              acl:
                - { allow: publish, topic: "plant/{site}/#", user: "s1/*" }
                - deny: all
                  topic: plant/#
            """).Policy.Rules;
        Assert.Equal([(true, TopicAction.Publish, "plant/{site}/#", "s1/*"), (false, TopicAction.All, "plant/#", "*")], rules.Select(r => (r.Allow, r.Action, r.Topic, r.User)));
    }

    [Theory]
    [InlineData("broker:\n  keep_alive: 60s\n", ":2:3: unknown key 'broker.keep_alive'")]
    [InlineData("broker:\n  receive_maximum: 0\n", ":2:20: 'broker.receive_maximum' is '0'")]
    [InlineData("broker:\n  max_packet: 1GiB\n", ":2:15: 'broker.max_packet' is '1GiB'")]
    [InlineData("broker:\n  connect_timeout: soon\n", ":2:20: 'broker.connect_timeout' is 'soon'")]
    [InlineData("broker:\n  max_sessions: [1]\n", ":2:17: 'broker.max_sessions' must be one value")]
    [InlineData("broker:\n  websocket_origins: https://a.example\n", ":2:22: 'broker.websocket_origins' must be a list")]
    [InlineData("broker:\n  websocket_origins:\n    - https://a.example\n    - wall.example\n", ":4:7: 'broker.websocket_origins[1]' is 'wall.example'; expected an origin")]
    [InlineData("broker:\n  websocket_origins: [\"https://a.example/x\"]\n", ":2:23: 'broker.websocket_origins[0]' is")]
    [InlineData("broker: 3\n", ":1:9: 'broker' must be keys and values")]
    [InlineData("broker:\n  acl: x\n", ":2:8: 'broker.acl' must be a list")]
    [InlineData("broker:\n  acl:\n    - { allow: all }\n", ":3:7: 'broker.acl[0]' has no topic")]
    [InlineData("broker:\n  acl:\n    - { topic: a }\n", ":3:7: 'broker.acl[0]' says neither")]
    [InlineData("broker:\n  acl:\n    - { allow: all, deny: all, topic: a }\n", "has both allow and deny")]
    [InlineData("broker:\n  acl:\n    - { allow: read, topic: a }\n", ":3:16: 'broker.acl[0].allow' is 'read'; expected publish or subscribe or all")]
    [InlineData("broker:\n  acl:\n    - { allow: all, topic: a/{who} }\n", "must be")]
    [InlineData("broker:\n  acl:\n    - { allow: all, topic: 'a/{who}' }\n", ":3:28: 'broker.acl[0]': 'a/{who}' has a placeholder")]
    [InlineData("broker:\n  acl:\n    - { allow: all, topic: a, group: x }\n", ":3:31: unknown key 'broker.acl[0].group'")]
    public void What_is_wrong_is_named_with_its_place(string yaml, string expected)
    {
        var error = Assert.Throws<UsageException>(() => Read(yaml));
        if (expected != "must be") Assert.Contains(expected, error.Message);
    }

    private static BrokerOptions Read(string yaml)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, yaml);
            var command = new Command("serve");
            var settings = new ServeSettings();
            settings.AddTo(command);
            return settings.Read(command.Parse(["--config", file])).Broker;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
