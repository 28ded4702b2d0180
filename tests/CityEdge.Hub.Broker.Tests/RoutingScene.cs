using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>The delivery half alone: a journal, a router whose turns the caller runs, and subscribers whose connections go nowhere.</summary>
internal sealed class RoutingScene : IAsyncDisposable, IBrokerObserver
{
    private readonly List<NullConnection> _unacknowledged = [];
    private readonly List<NullConnection> _acknowledging = [];
    private readonly Queue<IThreadPoolWorkItem> _later = new();
    private readonly byte[] _payload = new byte[150];

    public RoutingScene(string directory, BrokerOptions? options = null)
    {
        Log = AppendLog.Open(new AppendLogOptions { Directory = directory, MaxBytes = 4L << 30, SegmentBytes = 16 << 20 });
        Core = new BrokerCore(options ?? new BrokerOptions(), Log, this, TimeProvider.System, TimeProvider.System, NullLogger.Instance) { Later = _later.Enqueue };
        Retained = new RetainedStore(1 << 20);
        Router = new Router(Core, Retained);
        Array.Fill(_payload, (byte)'x');
    }

    public AppendLog Log { get; }

    public BrokerCore Core { get; }

    public RetainedStore Retained { get; }

    public Router Router { get; }

    public List<NullConnection> Subscribers { get; } = [];

    public long Delivered => Subscribers.Sum(s => s.Messages);

    /// <summary>A connected session.</summary>
    public NullConnection Connect(string clientId, string identity = "")
    {
        var connection = new NullConnection(_unacknowledged);
        var session = new Session(Core, clientId, new ClientIdentity(IdentityKind.Anonymous, identity, null, null, true), 0) { Connection = connection };
        connection.Session = session;
        session.GoOnline(connection);
        Subscribers.Add(connection);
        return connection;
    }

    public NullConnection Subscribe(NullConnection subscriber, string filter, QoS qos = QoS.AtLeastOnce, bool noLocal = false, uint id = 0)
    {
        Router.Subscribe(subscriber.Session!, new SubscriptionEntry(filter, qos, noLocal, false, RetainHandling.SendAtSubscribe, id));
        return subscriber;
    }

    /// <summary>Appends a message as a connection does; returns the position past it.</summary>
    public long Append(string topic, QoS qos = QoS.AtLeastOnce, string clientId = "device-client", string identity = "bj-chaoyang-01/device")
    {
        var scratch = BrokerCore.Scratch();
        PublishRecord.Encode(scratch, topic, clientId, identity, qos, false, 0, null, _payload, default);
        return Core.Append(JournalKind.Publish, scratch.WrittenSpan);
    }

    /// <summary>Waits for the flush of what was appended.</summary>
    public void Flush() => Log.WaitDurableAsync(Log.End).AsTask().GetAwaiter().GetResult();

    /// <summary>Routes all that is durable, and acknowledges what was sent.</summary>
    public void Route()
    {
        do
        {
            while (Router.RunTurn())
            {
            }
            CatchUp();
            _acknowledging.AddRange(_unacknowledged);
            _unacknowledged.Clear();
            foreach (var connection in _acknowledging) connection.AcknowledgeAll();
            _acknowledging.Clear();
        }
        while (_unacknowledged.Count > 0 || _later.Count > 0);
    }

    /// <summary>Runs the catch-ups that were asked for, and what they ask for.</summary>
    public void CatchUp()
    {
        while (_later.TryDequeue(out var work)) work.Execute();
    }

    public void Refused(BrokerRefusal refusal)
    {
    }

    public void Connected(string clientId, ClientIdentity identity)
    {
    }

    public void Disconnected(string clientId, ClientIdentity identity, string reason)
    {
    }

    public ValueTask DisposeAsync() => Log.DisposeAsync();
}
