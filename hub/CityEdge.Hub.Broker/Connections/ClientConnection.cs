using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>
/// One MQTT connection: reads packets and answers them. The loop never waits for a flush: it appends, queues the acknowledgement and reads on, until a window is full.
/// </summary>
internal sealed partial class ClientConnection
{
    private enum Outcome
    {
        Next,

        /// <summary>The journal is full: the same packet is tried again later.</summary>
        Stall,

        Close,
    }

    private readonly BrokerCore _core;
    private readonly BrokerServices _services;
    private readonly IDuplexPipe _transport;
    private readonly EndPoint? _remote;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationToken _stop;
    private readonly BrokerLoop? _home;
    private readonly AckQueue _acks = new();
    private ResumeSignal? _resume;
    private const int MaxOperations = 64;
    private const long MostUnflushed = 8 << 20;

    private readonly long _acceptedAt;
    private Session? _session;
    private PendingWill? _will;
    private long _lastRead;
    private long _keepAliveTicks;
    private bool _stalled;
    private int _operations;
    private int _closing;
    private ReasonCode _closeReason;
    private string _closeMessage = "";
    private bool _normalEnd;

    public ClientConnection(BrokerCore core, BrokerServices services, IDuplexPipe transport, EndPoint? remote, X509Certificate2? certificate, CancellationToken ct)
    {
        _core = core;
        _services = services;
        _transport = transport;
        _remote = remote;
        _certificate = certificate;
        _stop = ct;
        _home = (transport as EpollConnection)?.Loop;
        Output = new ConnectionOutput(this, transport.Output, core.Options.MaxReadyBytes, core.Counters, services.Loop, _home is not null);
        _acceptedAt = _lastRead = core.Protocol.GetTimestamp();
    }

    public ConnectionOutput Output { get; }

    public MqttVersion Version { get; private set; } = MqttVersion.V311;

    public ClientIdentity? Identity { get; private set; }

    public string ClientId { get; private set; } = "";

    public EndPoint? Remote => _remote;

    /// <summary>Receive Maximum of the client (MQTT 5.0 §3.1.2.11.3).</summary>
    public int ClientReceiveMaximum { get; private set; } = ushort.MaxValue;

    /// <summary>Maximum Packet Size of the client.</summary>
    public long ClientMaxPacket { get; private set; } = long.MaxValue;

    /// <summary>Topic aliases that may be used towards the client; 0 = none.</summary>
    public int ClientAliasMaximum { get; private set; }

    /// <summary>False: reason strings only in CONNACK and DISCONNECT (MQTT-3.1.2-29).</summary>
    private bool _problemInformation = true;

    private bool IsV5 => Version == MqttVersion.V500;

    /// <summary>Serves the connection until it ends. Never throws for what the peer does.</summary>
    public async Task RunAsync()
    {
        // Only a test's transport has a token to be cancelled: an idle connection holds no registration.
        using var stopped = _stop.CanBeCanceled ? _stop.UnsafeRegister(static connection => ((ClientConnection)connection!).Resume(), this) : default;
        try
        {
            while (_closing == 0)
            {
                var result = await _transport.Input.ReadAsync(_stop).ConfigureAwait(false);
                if (_closing != 0) break;
                var step = Take(result);
                if (step == Step.Connect) step = await ConnectAsync().ConfigureAwait(false);
                if (step == Step.Close) break;
                if (_rate is not null) await HoldBackAsync().ConfigureAwait(false);
                if (step == Step.Stall) await StallAsync().ConfigureAwait(false);
                else if (step == Step.Wait || Output.Congested) await WaitForRoomAsync().ConfigureAwait(false);
                else if (step == Step.End) break;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            Close(ReasonCode.ServerShuttingDown, "the transport was stopped");
        }
        catch (LogFailedException failure)
        {
            BrokerLog.ConnectionFailed(_core.Logger, failure, ClientId);
            Close(ReasonCode.ServerUnavailable, failure.Message);
        }
        catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException or Microsoft.AspNetCore.Connections.ConnectionAbortedException)
        {
            _closeMessage = failure.Message;
        }
        catch (Exception failure)
        {
            // A fault of the broker must end one connection, not the process.
            BrokerLog.ConnectionFailed(_core.Logger, failure, ClientId);
            Close(ReasonCode.ImplementationSpecificError, "internal error");
        }
        await EndAsync().ConfigureAwait(false);
    }

    /// <summary>What a read's packets leave to do before the next read.</summary>
    private enum Step
    {
        Read,

        /// <summary>A first packet has come: the session is opened, which may take its time, with nothing of the read held.</summary>
        Connect,

        /// <summary>A window is full.</summary>
        Wait,

        Stall,

        /// <summary>The peer sends no more.</summary>
        End,

        Close,
    }

    /// <summary>Handles the packets of one read, advances past them, and answers.</summary>
    private Step Take(in ReadResult result)
    {
        var buffer = result.Buffer;
        var before = buffer.Length;
        _lastRead = _core.Protocol.GetTimestamp();
        var outcome = Outcome.Next;
        var window = false;
        while (outcome == Outcome.Next && _first is null)
        {
            if (buffer.FirstSpan is [var first, ..] && PacketFraming.TypeOf(first) == PacketType.Publish && JournalBehind)
            {
                window = true;
                break;
            }
            var status = PacketFraming.TryReadFrame(buffer.FirstSpan, _core.Options.MaxPacketBytes, out var header, out ReadOnlySpan<byte> body, out var length, out var error);
            if (status == FrameStatus.Frame)
            {
                outcome = Handle(header, body);
            }
            else if (status == FrameStatus.NeedMore && !buffer.IsSingleSegment)
            {
                var rest = buffer;
                status = PacketFraming.TryReadFrame(ref rest, _core.Options.MaxPacketBytes, out header, out ReadOnlySequence<byte> pieces, out error);
                if (status == FrameStatus.Frame) outcome = Handle(header, pieces);
                length = (int)(buffer.Length - rest.Length);
            }
            if (status == FrameStatus.NeedMore) break;
            if (status != FrameStatus.Frame)
            {
                outcome = RefuseFrame(status, error!);
                break;
            }
            if (outcome == Outcome.Stall) break;
            buffer = buffer.Slice(length);
            window = WindowFull || _rate?.Owed() > TimeSpan.Zero;
            if (window) break;
        }
        _core.Counters.BytesIn(before - buffer.Length);
        // While a window, the journal or CONNECT holds us up, the rest counts as unexamined, so that the next read returns it at once.
        var examined = outcome == Outcome.Next && !window && _first is null;
        _transport.Input.AdvanceTo(buffer.Start, examined ? buffer.End : buffer.Start);
        AnswerBatch();
        return outcome switch
        {
            Outcome.Close => Step.Close,
            Outcome.Stall => Step.Stall,
            _ when _first is not null => Step.Connect,
            _ when window => Step.Wait,
            _ => result.IsCompleted ? Step.End : Step.Read,
        };
    }

    /// <summary>A 5.0 client is held to its Receive Maximum; a 3.1.1 client knows none and is made to wait.</summary>
    private bool WindowFull => !IsV5 && _acks.Publishes >= _core.Options.ReceiveMaximum || _acks.Count >= 4 * _core.Options.ReceiveMaximum || Volatile.Read(ref _operations) >= MaxOperations;

    /// <summary>
    /// The flusher is far behind: a publisher is read again after its next flush. The journal itself would hold an appender, and with it the loop that serves everyone, only at twice
    /// this and more; what is left between is for the few records of connecting and subscribing.
    /// </summary>
    private bool JournalBehind => _core.Journal.End - _core.Journal.DurableEnd > Math.Min(MostUnflushed, _core.MaxPinnedBytes / 8);

    /// <summary>Wants to be resumed by the next flush.</summary>
    private void AwaitFlush()
    {
        lock (_acks.Gate)
        {
            if (_acks.Listed) return;
            _acks.Listed = true;
            _services.Acks.Add(this, _core.Journal.DurableEnd + 1);
        }
    }

    /// <summary>One of this connection's operations has run.</summary>
    private void OperationDone()
    {
        Interlocked.Decrement(ref _operations);
        Resume();
    }

    /// <summary>What reading waits for may have changed. Any thread, under any gate.</summary>
    private void Resume()
    {
        // Orders the change before the look: the reader makes its signal before it looks at what it waits for.
        Interlocked.MemoryBarrier();
        _resume?.Set();
    }

    private async Task WaitForRoomAsync()
    {
        if (!IsV5 && _acks.Publishes >= _core.Options.ReceiveMaximum) _core.Counters.Bitten(BrokerLimit.ReceiveMaximum);
        if (_resume is null) Volatile.Write(ref _resume, new ResumeSignal(_home));
        Interlocked.MemoryBarrier();
        while (_closing == 0 && (WindowFull || Output.Congested || JournalBehind))
        {
            if (JournalBehind) AwaitFlush();
            await _resume.WaitAsync().ConfigureAwait(false);
            _stop.ThrowIfCancellationRequested();
        }
        _lastRead = _core.Protocol.GetTimestamp();
    }

    private async Task StallAsync()
    {
        if (!_stalled)
        {
            _stalled = true;
            _core.Counters.Stalled(1);
            BrokerLog.Stalled(_core.Logger, ClientId);
        }
        _services.RequestSnapshot();
        await Task.Delay(_core.Options.JournalFullRetry, _core.Protocol, _stop).ConfigureAwait(false);
    }

    private void Unstall()
    {
        if (!_stalled) return;
        _stalled = false;
        _lastRead = _core.Protocol.GetTimestamp();
        _core.Counters.Stalled(-1);
    }

    /// <summary>Sends what the batch of packets just read allows, and gets in line for what must wait for a flush.</summary>
    private void AnswerBatch()
    {
        // Only this thread adds: what looks empty is.
        if (!_acks.Empty)
        {
            lock (_acks.Gate)
            {
                if (!_acks.Empty && !_acks.Listed)
                {
                    Acknowledged(_acks.Release(_core.AcknowledgeEnd, Output, Version));
                    if (!_acks.Empty)
                    {
                        _acks.Listed = true;
                        _services.Acks.Add(this, _acks.First);
                    }
                }
            }
        }
        Output.Kick();
    }

    /// <summary>Called by the pump after a flush; false when nothing waits any more.</summary>
    public bool ReleaseAcks(long durableEnd)
    {
        bool waits;
        var session = _session;
        if (session is { AwaitsFlush: true }) session.Writable();
        lock (_acks.Gate)
        {
            Acknowledged(_acks.Release(durableEnd, Output, Version));
            // Whoever holds a message back for a flush says so before it comes here.
            waits = (!_acks.Empty || session is { AwaitsFlush: true }) && _closing == 0;
            _acks.Listed = waits;
        }
        Output.Kick();
        Resume();
        return waits;
    }

    private void Acknowledged(int count)
    {
        if (count > 0) _core.Counters.Acknowledged(count);
    }

    /// <summary>The output has room again.</summary>
    public void Drained()
    {
        Resume();
        _session?.Writable();
        Output.KickLater();
    }

    /// <summary>Ends the connection from any thread; the first reason counts. The read loop does the rest.</summary>
    public void Close(ReasonCode reason, string message)
    {
        if (Interlocked.CompareExchange(ref _closing, 1, 0) != 0) return;
        _closeReason = reason;
        _closeMessage = message;
        _core.Counters.Closed(reason);
        BrokerLog.Closed(_core.Logger, ClientId, Identity?.Name ?? "", reason, message);
        _transport.Input.CancelPendingRead();
        Resume();
    }

    private Outcome Closed(ReasonCode reason, string message)
    {
        Close(reason, message);
        return Outcome.Close;
    }

    /// <summary>The will, taken at most once.</summary>
    public PendingWill? TakeWill() => Interlocked.Exchange(ref _will, null);

    /// <summary>Once a second: keep-alive of one and a half times (MQTT 5.0 §3.1.2.10) and the time to CONNECT.</summary>
    public void Sweep(long timestamp)
    {
        if (_session is null)
        {
            if (_core.Protocol.GetElapsedTime(_acceptedAt, timestamp) > _core.Options.ConnectTimeout && _closing == 0)
            {
                _core.Counters.Bitten(BrokerLimit.ConnectTimeout);
                Abort(ReasonCode.MaximumConnectTime, "no CONNECT in time");
            }
        }
        else if (_keepAliveTicks > 0 && !_stalled && !_heldBack && timestamp - Volatile.Read(ref _lastRead) > _keepAliveTicks)
        {
            Abort(ReasonCode.KeepAliveTimeout, "nothing was received for one and a half keep-alive intervals");
        }
    }

    private void Abort(ReasonCode reason, string message)
    {
        Close(reason, message);
        Output.KickLater();
    }

    private async Task EndAsync()
    {
        Unstall();
        _services.Rates.Leave(_rate);
        if (_session is { } session)
        {
            _services.Sessions.Detach(this, session, _normalEnd ? WillFate.Discard : _closeReason == ReasonCode.ServerShuttingDown ? WillFate.Keep : WillFate.Publish);
            _core.Observer.Disconnected(ClientId, Identity!, _closeMessage.Length > 0 ? _closeMessage : "closed by the client");
        }
        // Detached by now: no delivery and no acknowledgement comes after the last packet.
        lock (Output.Gate)
        {
            if (_closing != 0 && IsV5 && _session is not null && _closeReason != ReasonCode.Success && ReasonCodes.IsAllowed(PacketType.Disconnect, _closeReason))
                PacketEncoder.Write(Output, Version, new DisconnectPacket(_closeReason, ReasonString(_closeMessage)));
            Output.Ended = true;
        }
        var sent = Output.WaitIdleAsync();
        if (!sent.IsCompleted) await WaitAsync(sent, _core.Protocol).ConfigureAwait(false);
        Output.Abort();
        sent = Output.WaitIdleAsync();
        if (!sent.IsCompleted) await WaitAsync(sent, TimeProvider.System).ConfigureAwait(false);
        try
        {
            await _transport.Input.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            await _transport.Output.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Gives a peer that does not read two seconds.</summary>
    private static Task WaitAsync(Task sent, TimeProvider clock) => Task.WhenAny(sent, Task.Delay(TimeSpan.FromSeconds(2), clock, CancellationToken.None));
}
