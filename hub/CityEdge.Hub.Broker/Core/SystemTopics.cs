using System.Globalization;
using System.Reflection;
using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// The values under <c>$SYS/broker/</c> that other brokers have too. Written to the journal as retained messages, and only those that somebody subscribes to: a broker that
/// nobody watches writes nothing.
/// </summary>
internal sealed class SystemTopics(BrokerCore core, Router router, Func<BrokerStats> stats)
{
    /// <summary>Nobody but the broker publishes here.</summary>
    public const string Root = "$SYS/";

    private static readonly string Version =
        "CityEdge " + (typeof(SystemTopics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");

    private readonly long _startedAt = core.Protocol.GetTimestamp();
    private long _writtenAt;
    private volatile bool _asked;

    private TimeSpan Uptime => core.Protocol.GetElapsedTime(_startedAt);

    /// <summary>Somebody subscribed here: do not let them wait for the interval. On the router's loop.</summary>
    public void Ask()
    {
        if (_asked || core.Options.SystemTopicsEvery <= TimeSpan.Zero) return;
        _asked = true;
        router.Enqueue(0, Write);
    }

    /// <summary>Once a second.</summary>
    public void Sweep()
    {
        if (core.Options.SystemTopicsEvery > TimeSpan.Zero && core.Protocol.GetElapsedTime(Volatile.Read(ref _writtenAt)) >= core.Options.SystemTopicsEvery) router.Enqueue(0, Write);
    }

    /// <summary>On the router's loop.</summary>
    private void Write()
    {
        _asked = false;
        Volatile.Write(ref _writtenAt, core.Protocol.GetTimestamp());
        BrokerStats? now = null;
        foreach (var (name, value) in Values)
        {
            var topic = Root + "broker/" + name;
            if (!router.IsWanted(topic)) continue;
            now ??= stats();
            var body = BrokerCore.Scratch();
            PublishRecord.Encode(body, topic, "", ClientIdentity.Hub.Name, QoS.AtMostOnce, true, 0, null, Encoding.UTF8.GetBytes(value(this, now)), default);
            try
            {
                core.Append(JournalKind.Publish, body.WrittenSpan);
            }
            catch (IOException)
            {
                // A full or failed journal needs no statistics in it; the next round tries again.
                return;
            }
        }
    }

    private static readonly (string Name, Func<SystemTopics, BrokerStats, string> Value)[] Values =
    [
        ("version", static (_, _) => Version),
        ("uptime", static (own, _) => Text((long)own.Uptime.TotalSeconds) + " seconds"),
        ("clients/connected", static (_, s) => Text(s.Connections)),
        ("clients/total", static (_, s) => Text(s.Sessions)),
        ("clients/disconnected", static (_, s) => Text(Math.Max(0, s.Sessions - s.Connections))),
        ("messages/received", static (_, s) => Text(s.MessagesIn.Sum())),
        ("messages/sent", static (_, s) => Text(s.MessagesOut.Sum())),
        ("publish/messages/dropped", static (_, s) => Text(s.Dropped.Values.Sum())),
        ("bytes/received", static (_, s) => Text(s.BytesIn)),
        ("bytes/sent", static (_, s) => Text(s.BytesOut)),
        ("subscriptions/count", static (_, s) => Text(s.Subscriptions)),
        ("retained messages/count", static (_, s) => Text(s.RetainedMessages)),
    ];

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
