using System.Buffers;
using System.Text;

namespace CityEdge.Mqtt;

public sealed partial class MqttClient
{
    private bool everConnected;
    private TopicAliases aliases = TopicAliases.None;

    // Connects, serves and waits, until stopped. Whatever fails is reported and tried again: a link must not die silently.
    private async Task RunAsync()
    {
        var delay = new ReconnectDelay(options);
        var stop = stopping.Token;
        while (!stop.IsCancellationRequested)
        {
            MqttLinkException fault;
            long? servedFrom = null;
            try
            {
                state = MqttLinkState.Connecting;
                var (wire, connAck) = await ConnectAsync(stop);
                await using (wire)
                {
                    servedFrom = options.Time.GetTimestamp();
                    await ServeAsync(wire, connAck, stop);
                }
                break;
            }
            catch (MqttLinkException e)
            {
                fault = e;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                fault = new(null, $"{endpoint}: {e.Message}{(e.InnerException is { } inner ? $" ({inner.Message})" : "")}");
            }
            if (servedFrom is { } from && options.Time.GetElapsedTime(from) >= options.StableAfter) delay.Reset();
            lock (gate)
            {
                if (stopRequested) break;
            }
            var refused = ReconnectDelay.IsRefusal(fault.Code);
            var wait = delay.Next(refused);
            state = refused ? MqttLinkState.Refused : MqttLinkState.Waiting;
            Raise(() => Disconnected?.Invoke(new(fault.Code, fault.Message, fault.ByServer, wait) { Properties = fault.Properties }));
            await Task.Delay(wait, options.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        state = MqttLinkState.Stopped;
        Raise(() => Disconnected?.Invoke(new(ReasonCode.Success, "disconnected on request", false, null)));
    }

    private async Task<(MqttWire Wire, ConnAckPacket ConnAck)> ConnectAsync(CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(options.ConnectTimeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        Stream? stream = null;
        try
        {
            stream = await MqttTransport.OpenAsync(endpoint, options, either.Token);
            var output = new ArrayBufferWriter<byte>();
            var begin = options.Authentication is { } authentication ? await authentication.BeginAsync(either.Token) : null;
            var connect = ConnectPacket(begin);
            PacketEncoder.Write(output, connect);
            await stream.WriteAsync(output.WrittenMemory, either.Token);
            var frames = new FrameReader(stream, options.MaxPacketSize);
            while (true)
            {
                byte header;
                ReadOnlyMemory<byte> body;
                while (!frames.TryNext(out header, out body)) await frames.FillAsync(either.Token);
                if (PacketFraming.TypeOf(header) == PacketType.Auth && options.Version == MqttVersion.V500)
                {
                    await AnswerChallengeAsync(stream, body, either.Token);
                    continue;
                }
                var connAck = ReadConnAck(header, body.Span);
                if (connAck.SessionPresent && connect.CleanStart) throw new MqttLinkException(ReasonCode.ProtocolError, $"{endpoint} says that it kept a session although it was told to discard it (MQTT-3.2.2-2)");
                await CheckProofAsync(connAck, either.Token);
                return (new(stream, frames, gate, options.Time), connAck);
            }
        }
        catch (Exception e)
        {
            if (stream is not null)
            {
                if (e is MqttLinkException { ByServer: false, Code: { } code } && options.Version == MqttVersion.V500 && ReasonCodes.IsAllowed(PacketType.Disconnect, code)) await MqttWire.SayWhyAsync(stream, code, stop);
                await stream.DisposeAsync();
            }
            if (e is OperationCanceledException && !stop.IsCancellationRequested)
                throw new MqttLinkException(null, $"{endpoint}: no connection and CONNACK within {options.ConnectTimeout.TotalSeconds:0.#} s");
            throw;
        }
    }

    private ConnectPacket ConnectPacket(byte[]? authenticationData)
    {
        var five = options.Version == MqttVersion.V500;
        var will = options.Will;
        if (five && will is not null && options.WillDelay > TimeSpan.Zero)
        {
            var properties = will.Properties ?? new MqttProperties();
            properties.WillDelayInterval ??= Seconds(options.WillDelay);
            will = will with { Properties = properties };
        }
        return new(
            options.Version, clientId, options.CleanStart && !(five && everConnected), (ushort)Math.Ceiling(options.KeepAlive.TotalSeconds), will, options.UserName,
            options.Password is null ? null : Encoding.UTF8.GetBytes(options.Password),
            !five ? null : new()
            {
                SessionExpiryInterval = Seconds(options.SessionExpiry), ReceiveMaximum = (ushort)options.ReceiveMaximum, MaximumPacketSize = (uint)options.MaxPacketSize,
                TopicAliasMaximum = options.TopicAliasMaximum > 0 ? (ushort)options.TopicAliasMaximum : null, RequestResponseInformation = options.RequestResponseInformation ? true : null,
                RequestProblemInformation = options.RequestProblemInformation ? null : false, UserProperties = options.UserProperties,
                AuthenticationMethod = options.Authentication?.Method, AuthenticationData = authenticationData,
            });
    }

    private ConnAckPacket ReadConnAck(byte header, ReadOnlySpan<byte> body)
    {
        var type = PacketFraming.TypeOf(header);
        if (type == PacketType.Disconnect) throw Disconnection(body);
        if (type != PacketType.ConnAck) throw new MqttLinkException(ReasonCode.ProtocolError, $"{endpoint}: {type} instead of CONNACK (5.0 §3.2)");
        // A server that knows only 3.1.1 answers a 5.0 CONNECT in its own form, two bytes.
        var version = body.Length == 2 ? MqttVersion.V311 : options.Version;
        if (!PacketDecoder.TryDecodeConnAck(body, version, out var connAck, out var error)) throw MqttLinkException.From(error);
        if (ReasonCodes.IsFailure(connAck.Code))
            throw new MqttLinkException(connAck.Code, $"{endpoint} refused client {clientId}: {connAck.Code} (0x{(byte)connAck.Code:X2}){Because(connAck.Properties)}", byServer: true, connAck.Properties);
        if (version != options.Version) throw new MqttLinkException(ReasonCode.ProtocolError, $"{endpoint} answered MQTT 5.0 with a CONNACK of 3.1.1");
        return connAck;
    }

    private async Task ServeAsync(MqttWire wire, ConnAckPacket connAck, CancellationToken stop)
    {
        var keepAlive = connAck.Properties?.ServerKeepAlive is { } seconds ? TimeSpan.FromSeconds(seconds) : options.KeepAlive;
        var pingTimeout = keepAlive > TimeSpan.Zero && keepAlive < options.PingTimeout ? keepAlive : options.PingTimeout;
        lock (gate)
        {
            if (stopRequested) return;
            current = wire;
            everConnected = true;
            connections++;
            clientId = connAck.Properties?.AssignedClientIdentifier ?? clientId;
            var limits = new ServerLimits(connAck.Properties);
            aliases = options.Version == MqttVersion.V500 ? new(Math.Min(options.MaxTopicAliases, connAck.Properties?.TopicAliasMaximum ?? 0), options.TopicAliasMaximum) : TopicAliases.None;
            foreach (var (filter, refusal) in subscriptions.Attach(wire, limits, connAck.SessionPresent)) Raise(() => SubscriptionRefused?.Invoke(filter, refusal));
            inbound.Attach(wire, connAck.SessionPresent);
            outbound.Attach(wire, limits, aliases, connAck.SessionPresent);
            state = MqttLinkState.Connected;
            connected.TrySetResult();
            var assigned = clientId;
            Raise(() => Connected?.Invoke(new(connAck.SessionPresent, assigned, connAck.Properties)));
        }
        MqttLinkException fault;
        try
        {
            await wire.RunAsync(Receive, WaitForRoom, outbound.Flushing, outbound.Flushed, keepAlive, pingTimeout, stop);
            return;
        }
        catch (MqttLinkException e)
        {
            fault = e;
        }
        finally
        {
            lock (gate)
            {
                current = null;
                connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
                outbound.Detach();
                inbound.Detach();
                subscriptions.Detach();
                EndReauthentication();
            }
        }
        if (fault is { ByServer: false, Code: { } code } && options.Version == MqttVersion.V500 && ReasonCodes.IsAllowed(PacketType.Disconnect, code))
            await wire.SayWhyAsync(code, stop);
        throw fault;
    }

    // Under the gate. False: the handler is behind, read no further for now.
    private bool Receive(byte header, ReadOnlyMemory<byte> body)
    {
        MqttProtocolError? error = null;
        var type = PacketFraming.TypeOf(header);
        switch (type)
        {
            case PacketType.Publish when PacketDecoder.TryDecodePublish(header, body, options.Version, out var publish, out error):
                inbound.OnPublish(aliases.Incoming(publish), Acknowledge);
                break;
            case PacketType.PubRel when PacketDecoder.TryDecodeAck(type, body.Span, options.Version, out var release, out error):
                inbound.OnPubRel(release);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubComp when PacketDecoder.TryDecodeAck(type, body.Span, options.Version, out var ack, out error):
                outbound.OnAck(ack);
                outbound.Pump();
                break;
            case PacketType.SubAck when PacketDecoder.TryDecodeSubAck(body.Span, options.Version, out var subAck, out error):
                OnSubscriptionAck(subAck.PacketId, subAck.Codes, subAck.Properties, type);
                break;
            case PacketType.UnsubAck when PacketDecoder.TryDecodeUnsubAck(body.Span, options.Version, out var unsubAck, out error):
                OnSubscriptionAck(unsubAck.PacketId, unsubAck.Codes, unsubAck.Properties, type);
                break;
            case PacketType.PingResp when PacketDecoder.TryDecodePing(type, body.Span, out error):
                break;
            case PacketType.Auth when options.Version == MqttVersion.V500:
                OnAuth(body.Span);
                break;
            case PacketType.Disconnect when options.Version == MqttVersion.V500:
                throw Disconnection(body.Span);
            default:
                error ??= new(ReasonCode.ProtocolError, $"{type} is not a packet that a server sends here");
                break;
        }
        if (error is not null) throw MqttLinkException.From(error);
        return inbound.HasRoom;
    }

    private void OnSubscriptionAck(ushort id, IReadOnlyList<ReasonCode> codes, MqttProperties? properties, PacketType type)
    {
        foreach (var (filter, code) in subscriptions.OnAck(id, codes, properties, type)) Raise(() => SubscriptionRefused?.Invoke(filter, code));
    }

    private Task WaitForRoom(CancellationToken cancellation)
    {
        lock (gate) return inbound.WaitForRoom().WaitAsync(cancellation);
    }

    private MqttLinkException Disconnection(ReadOnlySpan<byte> body)
    {
        if (!PacketDecoder.TryDecodeDisconnect(body, options.Version, out var packet, out var error)) return MqttLinkException.From(error);
        return new(packet.Code, $"{endpoint} disconnected: {packet.Code} (0x{(byte)packet.Code:X2}){Because(packet.Properties)}", byServer: true, packet.Properties);
    }

    private static string Because(MqttProperties? properties) =>
        (properties?.ReasonString is { } reason ? $", {reason}" : "") + (properties?.ServerReference is { } other ? $", use {other}" : "");

    private static uint Seconds(TimeSpan span) => (uint)Math.Min(uint.MaxValue, Math.Ceiling(span.TotalSeconds));

    private void Acknowledge(MqttIncoming message, ReasonCode code)
    {
        if (!ReasonCodes.IsAllowed(PacketType.PubAck, code)) throw new ArgumentException($"{code} is not a code of PUBACK (5.0 §3.4.2.1)", nameof(code));
        lock (gate)
        {
            if (message.IsAcknowledged) return;
            message.IsAcknowledged = true;
            if (message.Slot is { } slot) inbound.Acknowledge(slot, code);
        }
    }

    private async Task DispatchAsync()
    {
        var stop = stopping.Token;
        while (!stop.IsCancellationRequested)
        {
            bool taken;
            MqttIncoming? message;
            Task wait;
            lock (gate) taken = inbound.TryTake(out message, out wait);
            if (!taken)
            {
                await wait.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }
            var code = ReasonCode.Success;
            try
            {
                await options.Handler!(message!, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                code = ReasonCode.ImplementationSpecificError;
                Raise(() => HandlerFailed?.Invoke(e));
            }
            if (!options.ManualAcknowledgement || code != ReasonCode.Success) Acknowledge(message!, code);
        }
    }

    private void Raise(Action raise) => events.Writer.TryWrite(raise);

    private async Task RaiseAsync()
    {
        await foreach (var raise in events.Reader.ReadAllAsync())
        {
            try
            {
                raise();
            }
            catch (Exception e)
            {
                ReportQuietly(e);
            }
        }
    }

    // An event handler threw; if the one for failures throws too there is nobody left to tell.
    private void ReportQuietly(Exception error)
    {
        try
        {
            HandlerFailed?.Invoke(error);
        }
        catch (Exception e)
        {
            System.Diagnostics.Trace.TraceError($"MQTT link {endpoint}: the HandlerFailed event threw {e}");
        }
    }
}
