using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>CONNECT, and what comes before a session.</summary>
internal sealed partial class ClientConnection
{
    /// <summary>A CONNECT that is not yet answered.</summary>
    private byte[]? _first;

    private Outcome First(PacketType type, ReadOnlySpan<byte> body)
    {
        if (type != PacketType.Connect) return Closed(ReasonCode.ProtocolError, "the first packet is not CONNECT (MQTT-3.1.0-1)");
        _first = body.ToArray();
        return Outcome.Next;
    }

    private async ValueTask<Step> ConnectAsync()
    {
        var bytes = _first!;
        var outcome = await ConnectAsync(bytes).ConfigureAwait(false);
        _first = null;
        Output.Kick();
        return outcome == Outcome.Next ? Step.Read : Step.Close;
    }

    private async ValueTask<Outcome> ConnectAsync(byte[] bytes)
    {
        Version = PacketDecoder.PeekConnectVersion(bytes) ?? MqttVersion.V311;
        // What is no MQTT of any age gets no answer that it could not read (MQTT-3.1.2-1).
        if (!bytes.AsSpan().StartsWith("\0\u0004MQTT"u8) && !bytes.AsSpan().StartsWith("\0\u0006MQIsdp"u8)) return Closed(ReasonCode.UnsupportedProtocolVersion, "CONNECT with a protocol name that is not MQTT");
        if (!PacketDecoder.TryDecodeConnect(bytes, out var connect, out var error)) return await RefuseAsync(error.Code, error.Message).ConfigureAwait(false);
        Version = connect.Version;
        ClientMaxPacket = connect.Properties?.MaximumPacketSize ?? long.MaxValue;
        _problemInformation = connect.Properties?.RequestProblemInformation ?? true;
        if (connect.Properties?.AuthenticationMethod is not null)
            return await RefuseAsync(ReasonCode.BadAuthenticationMethod, "enhanced authentication is not offered; use user name and password or a certificate").ConfigureAwait(false);
        var assigned = connect.ClientId.Length == 0;
        ClientId = assigned ? "auto-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)) : connect.ClientId;
        if (_services.Throttle.IsBlocked(_remote))
        {
            _core.Counters.Bitten(BrokerLimit.AuthenticationFailuresPerMinute);
            return await RefuseAsync(ReasonCode.ConnectionRateExceeded, "too many failed authentications from this address").ConfigureAwait(false);
        }
        var revocations = _services.Sessions.Revocations;
        var (identity, reason) = await _services.Authenticator.AuthenticateAsync(Credentials(connect), _stop).ConfigureAwait(false);
        if (identity is null)
        {
            _services.Throttle.Failed(_remote);
            _core.Counters.AuthenticationFailed();
            await Task.Delay(_core.Options.AuthenticationFailureDelay, _core.Protocol, _stop).ConfigureAwait(false);
            return await RefuseAsync(ReasonCodes.IsFailure(reason) ? reason : ReasonCode.NotAuthorized, "authentication failed").ConfigureAwait(false);
        }
        Identity = identity;
        if (connect.Will is { } will)
        {
            if (will.Topic.StartsWith(SystemTopics.Root, StringComparison.Ordinal) || !_core.Options.Policy.MayPublish(identity, will.Topic)) return await RefuseAsync(ReasonCode.NotAuthorized, $"the will's topic '{will.Topic}' is not one that {Describe} may publish").ConfigureAwait(false);
            _will = Prepare(will);
        }
        return await OpenAsync(connect, identity, assigned, revocations).ConfigureAwait(false);
    }

    private BrokerCredentials Credentials(ConnectPacket connect) => new(ClientId, connect.UserName, connect.Password, _remote, _certificate);

    private async ValueTask<Outcome> OpenAsync(ConnectPacket connect, ClientIdentity identity, bool assigned, int revocations)
    {
        var properties = connect.Properties;
        var longest = (uint)Math.Min(_core.Options.SessionExpiryMax.TotalSeconds, uint.MaxValue - 1);
        var asked = IsV5 ? properties?.SessionExpiryInterval ?? 0 : connect.CleanStart ? 0 : uint.MaxValue;
        var expiry = Math.Min(asked, longest);
        ClientReceiveMaximum = properties?.ReceiveMaximum ?? ushort.MaxValue;
        ClientAliasMaximum = Math.Min(properties?.TopicAliasMaximum ?? 0, _core.Options.TopicAliasesToClient);
        var keepAlive = connect.KeepAlive;
        var most = (ushort)Math.Min(_core.Options.KeepAliveMax.TotalSeconds, ushort.MaxValue);
        var shortened = IsV5 && (keepAlive == 0 || keepAlive > most);
        if (shortened) keepAlive = most;
        if (shortened) _core.Counters.Bitten(BrokerLimit.KeepAliveMax);
        if (IsV5 && expiry != asked) _core.Counters.Bitten(BrokerLimit.SessionExpiryMax);
        if (properties?.TopicAliasMaximum > _core.Options.TopicAliasesToClient) _core.Counters.Bitten(BrokerLimit.TopicAliasesToClient);
        var granted = IsV5
            ? new MqttProperties
            {
                SessionExpiryInterval = expiry == asked ? null : expiry,
                ReceiveMaximum = (ushort)Math.Clamp(_core.Options.ReceiveMaximum, 1, ushort.MaxValue),
                MaximumPacketSize = (uint)_core.Options.MaxPacketBytes,
                AssignedClientIdentifier = assigned ? ClientId : null,
                TopicAliasMaximum = _core.Options.TopicAliasMaximum == 0 ? null : (ushort)_core.Options.TopicAliasMaximum,
                ServerKeepAlive = shortened ? keepAlive : null,
            }
            : null;
        // The limits in CONNACK are not optional: a client that takes no packet of that size cannot be served.
        if (!Fits(Encoded(new ConnAckPacket(false, ReasonCode.Success, granted), PacketEncoder.Write))) return await RefuseAsync(ReasonCode.PacketTooLarge, "CONNACK is above the client's Maximum Packet Size").ConfigureAwait(false);
        SessionTable.Opening opening;
        try
        {
            opening = _services.Sessions.Open(this, ClientId, identity, connect.CleanStart, expiry, _will);
        }
        catch (LogFullException)
        {
            return await RefuseAsync(ReasonCode.QuotaExceeded, "the journal is full").ConfigureAwait(false);
        }
        if (opening.Session is not { } session)
        {
            _core.Counters.Bitten(BrokerLimit.MaxSessions);
            return await RefuseAsync(ReasonCode.QuotaExceeded, "too many sessions").ConfigureAwait(false);
        }
        opening.Previous?.Close(ReasonCode.SessionTakenOver, "another connection took the session over");
        // Somebody's rights were taken away since this one was authenticated, when its session could not yet be found: perhaps its own.
        if (_services.Sessions.Revocations != revocations && (await _services.Authenticator.AuthenticateAsync(Credentials(connect), _stop).ConfigureAwait(false)).Identity is null)
        {
            TakeWill();
            _services.Sessions.Refuse(session);
            return await RefuseAsync(ReasonCode.NotAuthorized, "authentication was revoked").ConfigureAwait(false);
        }
        _rate = _services.Rates.Enter(identity);
        _session = session;
        _keepAliveTicks = (long)(keepAlive * 1.5 * _core.Protocol.TimestampFrequency);
        await _core.Journal.WaitDurableAsync(opening.Position, _stop).ConfigureAwait(false);
        RecheckSubscriptions(session);
        lock (Output.Gate) PacketEncoder.Write(Output, Version, new ConnAckPacket(opening.Present, ReasonCode.Success, granted));
        _core.Observer.Connected(ClientId, identity);
        session.GoOnline(this);
        return _closing != 0 ? Outcome.Close : Outcome.Next;
    }

    /// <summary>Rights may have shrunk since a persistent session subscribed.</summary>
    private void RecheckSubscriptions(Session session)
    {
        List<string> filters;
        lock (session.Gate) filters = [.. session.Subscriptions.Keys];
        foreach (var filter in filters)
        {
            if (!_core.Options.Policy.MaySubscribe(session.Identity, filter)) _services.Router.Enqueue(0, () => _services.Router.Unsubscribe(session, filter));
        }
    }

    private string Describe => Identity is { Name.Length: > 0 } identity ? $"'{identity.Name}'" : "an anonymous client";

    private static PendingWill Prepare(WillMessage will)
    {
        var delay = TimeSpan.FromSeconds(will.Properties?.WillDelayInterval ?? 0);
        var expiry = will.Properties?.MessageExpiryInterval;
        if (will.Properties is { } properties) properties.WillDelayInterval = null;
        return new PendingWill(will.Topic, will.Payload.ToArray(), will.QoS, will.Retain, ForwardableOf(will.Properties), expiry, delay);
    }

    /// <summary>Properties as the journal keeps them: by way of a PUBLISH, the one place that knows their encoding.</summary>
    private static byte[] ForwardableOf(MqttProperties? properties)
    {
        if (properties is null) return [];
        var packet = new ArrayBufferWriter<byte>();
        PacketEncoder.Write(packet, MqttVersion.V500, new PublishPacket("t", default, Properties: properties));
        if (PacketFraming.TryReadFrame(packet.WrittenSpan, int.MaxValue, out var header, out var body, out _, out _) != FrameStatus.Frame
            || !PacketDecoder.TryViewPublish(header, body, MqttVersion.V500, out var view, out _)) return [];
        var forwarded = new byte[view.RawProperties.Length];
        return forwarded[..ForwardedProperties.Copy(view.RawProperties, forwarded)];
    }

    /// <summary>A reason string where the client wants them (MQTT-3.1.2-29).</summary>
    private MqttProperties? Explain(string message) => _problemInformation ? ReasonString(message) : null;

    /// <summary>Null in 3.1.1, and where it would not fit the client's Maximum Packet Size (MQTT-3.2.2-19, MQTT-3.4.2-2, MQTT-3.9.2-1, MQTT-3.14.2-3).</summary>
    private MqttProperties? ReasonString(string message, int codes = 1)
    {
        const int Around = 16;
        return IsV5 && message.Length > 0 && Encoding.UTF8.GetByteCount(message) is <= 1024 and var bytes && bytes + codes + Around <= ClientMaxPacket ? new MqttProperties { ReasonString = message } : null;
    }

    private bool Fits(ReadOnlySpan<byte> packet) => packet.Length <= ClientMaxPacket;

    private ReadOnlySpan<byte> Encoded<T>(T packet, Action<IBufferWriter<byte>, MqttVersion, T> write)
    {
        var output = new ArrayBufferWriter<byte>(64);
        write(output, Version, packet);
        return output.WrittenSpan;
    }

    /// <summary>An answer of any length; where the client takes none so large the connection ends instead (MQTT-3.1.2-24).</summary>
    private void Answer<T>(T packet, Action<IBufferWriter<byte>, MqttVersion, T> write)
    {
        var bytes = Encoded(packet, write);
        if (!Fits(bytes))
        {
            Close(ReasonCode.PacketTooLarge, "the answer is above the client's Maximum Packet Size; ask for less at a time");
            return;
        }
        lock (Output.Gate) Output.Write(bytes);
    }

    /// <summary>CONNACK with a failure, then the end (MQTT 5.0 §3.1.4).</summary>
    private ValueTask<Outcome> RefuseAsync(ReasonCode reason, string message)
    {
        if (!ReasonCodes.IsAllowed(PacketType.ConnAck, reason)) reason = ReasonCode.ProtocolError;
        // 3.1.1 answers only what one of its return codes says; a CONNECT out of form gets none (3.1.1 MQTT-3.1.4-1, MQTT-3.2.2-6).
        var known = reason is ReasonCode.UnsupportedProtocolVersion or ReasonCode.ClientIdentifierNotValid or ReasonCode.BadUserNameOrPassword or ReasonCode.BadAuthenticationMethod
            or ReasonCode.NotAuthorized or ReasonCode.Banned or ReasonCode.ServerUnavailable or ReasonCode.ServerBusy or ReasonCode.QuotaExceeded or ReasonCode.ConnectionRateExceeded;
        if (IsV5 || known)
        {
            var refusal = Encoded(new ConnAckPacket(false, reason, ReasonString(message)), PacketEncoder.Write);
            if (Fits(refusal))
            {
                lock (Output.Gate) Output.Write(refusal);
            }
        }
        return ValueTask.FromResult(Closed(reason, message));
    }
}
