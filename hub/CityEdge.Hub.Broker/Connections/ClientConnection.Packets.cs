using System.Buffers;
using CityEdge.Contracts;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>Every packet after CONNECT.</summary>
internal sealed partial class ClientConnection
{
    private Outcome Handle(byte header, in ReadOnlySequence<byte> body)
    {
        if (body.IsSingleSegment) return Handle(header, body.FirstSpan);
        var length = (int)body.Length;
        var whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            body.CopyTo(whole);
            return Handle(header, whole.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    private Outcome Handle(byte header, ReadOnlySpan<byte> body)
    {
        try
        {
            var type = PacketFraming.TypeOf(header);
            if (_session is null) return First(type, body);
            var outcome = type switch
            {
                PacketType.Publish => HandlePublish(header, body),
                PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp => HandleAck(type, body),
                PacketType.Subscribe => HandleSubscribe(body),
                PacketType.Unsubscribe => HandleUnsubscribe(body),
                PacketType.PingReq => HandlePing(body),
                PacketType.Disconnect => HandleDisconnect(body),
                PacketType.Connect => Closed(ReasonCode.ProtocolError, "a second CONNECT (MQTT-3.1.0-2)"),
                _ => Closed(ReasonCode.ProtocolError, $"{type} is not for a client to send here"),
            };
            if (outcome == Outcome.Next) Unstall();
            return outcome;
        }
        catch (LogFullException)
        {
            return Outcome.Stall;
        }
    }

    private Outcome RefuseFrame(FrameStatus status, MqttProtocolError error)
    {
        if (status == FrameStatus.TooLarge)
        {
            _core.Counters.Bitten(BrokerLimit.MaxPacket);
            Refuse("", RefusalReason.TooLarge, error.Message + ". Send smaller batches.", default);
        }
        return Closed(error.Code, error.Message);
    }

    private void Refuse(string topic, RefusalReason reason, string message, ReadOnlySpan<byte> payload)
    {
        _core.Counters.Refused(reason);
        _core.Observer.Refused(new BrokerRefusal(topic, ClientId, Identity?.Name ?? "", reason, message, payload[..Math.Min(payload.Length, 64 * 1024)].ToArray(), _core.ArrivalMs));
    }

    private Outcome HandleAck(PacketType type, ReadOnlySpan<byte> body)
    {
        if (!PacketDecoder.TryDecodeAck(type, body, Version, out var ack, out var error)) return Closed(error.Code, error.Message);
        var session = _session!;
        switch (type)
        {
            case PacketType.PubAck:
            case PacketType.PubComp:
                session.Complete(ack.PacketId, type);
                break;
            case PacketType.PubRec when ReasonCodes.IsFailure(ack.Code):
                session.Complete(ack.PacketId, type);
                break;
            case PacketType.PubRec:
                var known = session.Received(ack.PacketId, out var position);
                var code = known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
                if (session.Journaled) _acks.Add(position, PacketType.PubRel, ack.PacketId, code);
                else WriteAck(new AckPacket(PacketType.PubRel, ack.PacketId, code));
                break;
            default:
                Release(session, ack.PacketId);
                break;
        }
        return Outcome.Next;
    }

    /// <summary>PUBREL. PUBCOMP waits for the release to be durable: a new message under the id must never be taken for the old one.</summary>
    private void Release(Session session, ushort packetId)
    {
        lock (session.Gate)
        {
            if (!session.Incoming.ContainsKey(packetId))
            {
                _acks.Add(0, PacketType.PubComp, packetId, ReasonCode.PacketIdentifierNotFound);
                return;
            }
            var position = session.Journaled
                ? _core.Append(JournalKind.Released, (session.Key, packetId), static (writer, value) =>
                {
                    writer.String(value.Key);
                    writer.UInt16(value.packetId);
                })
                : 0;
            session.Incoming.Remove(packetId);
            _acks.Add(position, PacketType.PubComp, packetId);
        }
    }

    private Outcome HandlePing(ReadOnlySpan<byte> body)
    {
        if (!PacketDecoder.TryDecodePing(PacketType.PingReq, body, out var error)) return Closed(error.Code, error.Message);
        lock (Output.Gate) PacketEncoder.WritePingResp(Output);
        return Outcome.Next;
    }

    private Outcome HandleDisconnect(ReadOnlySpan<byte> body)
    {
        if (!PacketDecoder.TryDecodeDisconnect(body, Version, out var disconnect, out var error)) return Closed(error.Code, error.Message);
        if (disconnect.Properties?.SessionExpiryInterval is { } expiry)
        {
            var session = _session!;
            if (session.ExpirySeconds == 0 && expiry != 0) return Closed(ReasonCode.ProtocolError, "a session expiry where CONNECT had none (MQTT 5.0 §3.14.2.2.2)");
            session.ExpirySeconds = Math.Min(expiry, (uint)Math.Min(_core.Options.SessionExpiryMax.TotalSeconds, uint.MaxValue - 1));
        }
        // Whatever is not 0x00 leaves the will to be published (MQTT-3.1.2-8).
        _normalEnd = disconnect.Code == ReasonCode.Success;
        Interlocked.CompareExchange(ref _closing, 1, 0);
        _closeMessage = "disconnected";
        // Whatever follows, the client said good-bye: no DISCONNECT goes back.
        _closeReason = ReasonCode.Success;
        return Outcome.Close;
    }

    /// <summary>An acknowledgement that depends on no flush.</summary>
    public void WriteAck(in AckPacket ack)
    {
        lock (Output.Gate) PacketEncoder.Write(Output, Version, ack);
    }
}
