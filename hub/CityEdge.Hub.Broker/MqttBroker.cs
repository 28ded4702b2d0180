using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Broker;

/// <summary>
/// The hub's MQTT endpoint (3.1.1 and 5.0): an acknowledgement means stored and flushed in the journal; subscribers read from the journal; sessions survive restarts
/// (design §2.1, §4.3). Thread-safe. On Linux it listens itself for plain TCP (<see cref="Listen"/>); any other transport hands its connections to <c>ServeAsync</c>.
/// </summary>
public sealed partial class MqttBroker : IAsyncDisposable
{
    private readonly BrokerCore _core;
    private readonly Dictionary<string, Session> _sessionsByKey = new(StringComparer.Ordinal);
    private readonly RetainedStore _retained;
    private readonly Router _router;
    private readonly WillStore _wills;
    private readonly SessionTable _sessions;
    private readonly StateFold _fold;
    private readonly SnapshotFiles _snapshots;
    private readonly BrokerLoop _loop;
    private readonly AckPump _acks;
    private readonly BrokerServices _services;
    private readonly SystemTopics _system;
    private readonly ConcurrentDictionary<ClientConnection, Task> _connections = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _dataDirectory;
    private LogCursor? _cursor;
    private IDisposable? _onDurable;
    private Task _tasks = Task.CompletedTask;
    private int _state;

    /// <param name="options">Limits and policy.</param>
    /// <param name="journal">The hub's journal; the caller owns it and closes it after <see cref="StopAsync"/>.</param>
    /// <param name="dataDirectory">Folder of the broker's snapshots.</param>
    /// <param name="authenticator">Who is who.</param>
    /// <param name="observer">Told of refusals and of who comes and goes.</param>
    /// <param name="arrival">Stamps arrival times and counts message and session expiry; may run fast.</param>
    /// <param name="logger">Log.</param>
    /// <param name="protocol">Clock of protocol time-outs; the system's unless a test drives it.</param>
    public MqttBroker(
        BrokerOptions options, AppendLog journal, string dataDirectory, IBrokerAuthenticator authenticator, IBrokerObserver observer, TimeProvider arrival, ILogger<MqttBroker> logger,
        TimeProvider? protocol = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _core = new BrokerCore(options, journal, observer, arrival, protocol ?? TimeProvider.System, logger);
        _dataDirectory = dataDirectory;
        _retained = new RetainedStore(options.MaxRetainedBytes, options.MaxRetainedMessages);
        _loop = new BrokerLoop(Turn, Fail);
        _core.AcknowledgeLater = _loop.Signal;
        _router = new Router(_core, _retained) { AfterBatch = AfterBatch, Wake = _loop.Signal };
        _gate = new ConnectionGate(options, _core.Protocol, logger);
        _wills = new WillStore(_core);
        _sessions = new SessionTable(_core, _router, _wills, _sessionsByKey);
        _fold = new StateFold(_core, _router, _retained, _wills, _sessionsByKey);
        _snapshots = new SnapshotFiles(dataDirectory);
        _acks = new AckPump(_core, _loop);
        _system = new SystemTopics(_core, _router, () => Stats);
        _services = new BrokerServices(
            _router, _sessions, _retained, _acks, new AuthenticationThrottle(options.MaxAuthenticationFailuresPerMinute, _core.Protocol), new MessageRates(options.MaxMessagesPerSecond, _core.Protocol), authenticator, RequestSnapshot, _system, _loop);
    }

    /// <summary>For tests.</summary>
    internal BrokerCore Core => _core;

    /// <summary>Completes when the broker can no longer route (a fault that a restart may mend); never while it works.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Loads the newest sound snapshot, folds the journal after it, and begins to route. Throws <see cref="InvalidOperationException"/> when started twice.</summary>
    public Task StartAsync(CancellationToken ct)
    {
        if (Interlocked.CompareExchange(ref _state, 1, 0) != 0) throw new InvalidOperationException("The broker was started before.");
        Load(ct);
        _loop.Start();
        _onDurable = _core.Journal.OnDurable(_ => _loop.Signal());
        _loop.Signal();
        _tasks = Task.WhenAll(SweepAsync(), WatchJournalAsync());
        return Task.CompletedTask;
    }

    /// <summary>Serves a connection that was let in until it ends; never throws for what the peer does. Completes the transport's pipes; the admission is its caller's to give back.</summary>
    public async Task ServeAsync(IDuplexPipe transport, Admission admission, EndPoint? remote, X509Certificate2? clientCertificate, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(transport);
        ArgumentNullException.ThrowIfNull(admission);
        var connection = new ClientConnection(_core, _services, transport, remote, clientCertificate, ct);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connections[connection] = done.Task;
        try
        {
            if (Volatile.Read(ref _state) != 1) connection.Close(ReasonCode.ServerShuttingDown, "the hub is stopping");
            await connection.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            done.SetResult();
        }
    }

    /// <summary>The hub itself publishes. Journaled and durable when it returns; routed soon after. Throws <see cref="LogFullException"/> with nothing stored, <see cref="ArgumentException"/> for a bad topic.</summary>
    public ValueTask PublishAsync(string topic, ReadOnlyMemory<byte> payload, QoS qos, bool retain, CancellationToken ct)
    {
        if (!TopicFilter.IsValidTopic(topic)) throw new ArgumentException($"'{topic}' is not a topic name: 1 to 65535 bytes, no wildcards.", nameof(topic));
        var body = new System.Buffers.ArrayBufferWriter<byte>(topic.Length + payload.Length + 32);
        PublishRecord.Encode(body, topic, "", ClientIdentity.Hub.Name, qos, retain, 0, null, payload.Span, default);
        return _core.Journal.WaitDurableAsync(_core.Append(JournalKind.Publish, body.WrittenSpan), ct);
    }

    /// <summary>Ends every connection and session of an identity, e.g. of a revoked device, whose stored sessions must not wait for its return.</summary>
    public Task DisconnectAsync(string identityName)
    {
        var ended = new List<Task>();
        // Who is between authentication and session is not in the table: it looks at this itself.
        _sessions.Revoked();
        foreach (var session in _sessions.All())
        {
            if (session.Identity.Name != identityName) continue;
            var connection = session.Connection;
            connection?.Close(ReasonCode.AdministrativeAction, "ended by the hub's administrator");
            _sessions.End(session);
            if (connection is ClientConnection known && _connections.TryGetValue(known, out var done)) ended.Add(done);
        }
        return Task.WhenAll(ended);
    }

    /// <summary>Every session, for an operator.</summary>
    public IReadOnlyList<SessionInfo> Sessions
    {
        get
        {
            var list = new List<SessionInfo>();
            foreach (var session in _sessions.All())
            {
                lock (session.Gate)
                {
                    list.Add(new SessionInfo(
                        session.ClientId, session.Identity.Name, session.Connection is not null, session.Persistent, [.. session.Subscriptions.Keys], session.QueuedMessages, session.QueuedBytes,
                        session.InFlightCount, session.Connection?.Remote?.ToString()));
                }
            }
            return list;
        }
    }

    /// <summary>Counters and gauges now.</summary>
    public BrokerStats Stats => _core.Counters.Snapshot() with
    {
        Sessions = _sessions.Count,
        Subscriptions = _router.Subscriptions,
        RetainedMessages = _retained.Count,
        RetainedBytes = _retained.Bytes,
        RoutedPosition = _core.RoutedEnd,
        SnapshotPosition = Volatile.Read(ref _snapshotPosition),
    };

    /// <summary>DISCONNECT (0x8B) to everyone, the state written down. The journal stays open: its owner closes it.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _state, 2) is not (1 or 3)) return;
        // Its start failed: nothing runs, half a state is no snapshot, and the cause must not be hidden behind a second fault.
        if (_onDurable is null) return;
        await CloseListenersAsync().ConfigureAwait(false);
        foreach (var connection in _connections.Keys) connection.Close(ReasonCode.ServerShuttingDown, "the hub is stopping");
        try
        {
            await Task.WhenAll(_connections.Values).WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A peer that does not take its last bytes must not hold the hub: the process ends its socket.
            _core.Counters.Closed(ReasonCode.ServerShuttingDown);
        }
        await _stop.CancelAsync().ConfigureAwait(false);
        await _tasks.ConfigureAwait(false);
        _onDurable.Dispose();
        await _loop.StopAsync().ConfigureAwait(false);
        await _snapshotWriting.ConfigureAwait(false);
        if (_router.Settle()) await WriteSnapshotAsync(TakeSnapshot(), once: true).ConfigureAwait(false);
        try
        {
            if (_cursor is not null) await _cursor.FlushAsync().ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            // Its older position stands: only more of the journal is read at the next start.
            BrokerLog.SnapshotFailed(_core.Logger, failure, _dataDirectory);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}
