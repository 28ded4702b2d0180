using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>
/// One connection of a fuzzing client, with a model of what the broker may send on it. Once something was sent that is no valid packet (<see cref="Tainted"/>) only what holds
/// for every connection is checked.
/// </summary>
internal sealed class FuzzConnection
{
    private readonly MqttVersion _version;
    private readonly PipeReader _reader;
    private readonly PipeWriter _writer;
    private readonly Task _served;
    private readonly DurableIndex _index;
    private readonly Lock _gate = new();
    private readonly Queue<(PacketType Type, ushort Id, string? Payload)> _expected = new();
    private readonly Dictionary<ushort, int> _asked = [];
    private readonly Dictionary<ushort, (QoS QoS, bool Received, bool Released)> _inFlight = [];
    private readonly HashSet<ushort> _aliases = [];
    private readonly List<ushort> _recorded = [];
    private readonly Task _reading;
    private ConnectPacket? _connect;
    private bool _accepted;
    private bool _last;

    /// <summary>Bytes came before CONNACK: which version is spoken is not known.</summary>
    private bool _foreign;
    private int _pings;

    public FuzzConnection((PipeReader Reader, PipeWriter Writer, Task Served) transport, MqttVersion version, DurableIndex index)
    {
        (_version, _index) = (version, index);
        (_reader, _writer, _served) = transport;
        _reading = Task.Run(ReadAsync, BrokerFixture.Ct);
    }

    public bool Tainted { get; private set; }

    /// <summary>The broker ended it, or it was dropped.</summary>
    public bool Ended { get; private set; }

    public bool Accepted
    {
        get { lock (_gate) return _accepted; }
    }

    /// <summary>First thing that the broker did against the standard or the design.</summary>
    public string? Fault { get; private set; }

    public string Log => string.Join(", ", _log);

    private readonly List<string> _log = [];

    public async Task SendAsync(Action<IBufferWriter<byte>> write, string what, Action? remember = null)
    {
        var bytes = new ArrayBufferWriter<byte>();
        write(bytes);
        lock (_gate)
        {
            remember?.Invoke();
            if (_log.Count < 300) _log.Add(what);
        }
        await WriteAsync(bytes.WrittenMemory);
    }

    /// <summary>Bytes that may mean anything.</summary>
    public async Task TaintAsync(byte[] bytes)
    {
        lock (_gate)
        {
            Tainted = true;
            _foreign |= !_accepted;
            _log.Add("bytes " + Convert.ToHexString(bytes.AsSpan(0, Math.Min(40, bytes.Length))));
        }
        await WriteAsync(bytes);
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (Ended) return;
        try
        {
            // In two parts now and then: packets do not come whole.
            var cut = bytes.Length > 3 && bytes.Length % 3 == 0 ? bytes.Length / 2 : bytes.Length;
            await _writer.WriteAsync(bytes[..cut], BrokerFixture.Ct);
            if (cut < bytes.Length) await _writer.WriteAsync(bytes[cut..], BrokerFixture.Ct);
        }
        catch (Exception failure) when (failure is InvalidOperationException or IOException)
        {
            // The broker has gone first.
            Ended = true;
        }
    }

    public Task ConnectAsync(ConnectPacket connect) => SendAsync(o => PacketEncoder.Write(o, connect), $"CONNECT {connect.ClientId} clean={connect.CleanStart}", () => _connect = connect);

    public Task PublishAsync(PublishPacket packet, string payload) => SendAsync(o => PacketEncoder.Write(o, _version, packet), $"PUBLISH {packet.QoS} {packet.PacketId} {payload}{(packet.Dup ? " dup" : "")}", () =>
    {
        if (packet.QoS != QoS.AtMostOnce) _expected.Enqueue((packet.QoS == QoS.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec, packet.PacketId, payload));
    });

    /// <summary>PUBREL for one of the messages whose PUBREC has come.</summary>
    public async Task ReleaseAsync(Random random)
    {
        ushort id;
        lock (_gate)
        {
            if (_recorded.Count == 0) return;
            var at = random.Next(_recorded.Count);
            id = _recorded[at];
            _recorded.RemoveAt(at);
        }
        await SendAsync(o => PacketEncoder.Write(o, _version, new AckPacket(PacketType.PubRel, id)), $"PUBREL {id}", () => _expected.Enqueue((PacketType.PubComp, id, null)));
    }

    public Task AskAsync(object packet, ushort id, int codes) => SendAsync(o =>
    {
        if (packet is SubscribePacket s) PacketEncoder.Write(o, _version, s);
        else PacketEncoder.Write(o, _version, (UnsubscribePacket)packet);
    }, packet is SubscribePacket sub ? $"SUBSCRIBE {id} {string.Join(' ', sub.Subscriptions.Select(x => x.Filter))}" : $"UNSUBSCRIBE {id}", () => _asked[id] = codes);

    public Task PingAsync() => SendAsync(o => PacketEncoder.WritePingReq(o), "PINGREQ", () => _pings++);

    /// <summary>Acknowledges a delivery, one step of it.</summary>
    public async Task AcknowledgeAsync(Random random)
    {
        AckPacket ack;
        lock (_gate)
        {
            if (_inFlight.Count == 0) return;
            var (id, flight) = _inFlight.ElementAt(random.Next(_inFlight.Count));
            var fails = _version == MqttVersion.V500 && random.Next(8) == 0;
            if (flight.QoS == QoS.ExactlyOnce && !flight.Released && (flight.Received || !fails))
            {
                // PUBREL answers; PUBCOMP follows when it has come.
                if (flight.Received) return;
                _inFlight[id] = flight with { Received = true };
                ack = new AckPacket(PacketType.PubRec, id);
            }
            else
            {
                ack = flight.QoS == QoS.AtLeastOnce ? new AckPacket(PacketType.PubAck, id, fails ? ReasonCode.QuotaExceeded : 0)
                    : flight.Released ? new AckPacket(PacketType.PubComp, id) : new AckPacket(PacketType.PubRec, id, ReasonCode.QuotaExceeded);
                _inFlight.Remove(id);
            }
        }
        await SendAsync(o => PacketEncoder.Write(o, _version, ack), $"{ack.Type} {ack.PacketId} {ack.Code}");
    }

    /// <summary>A valid client waits for its answers: each acknowledgement comes, and a ping is answered.</summary>
    public async Task SettleAsync()
    {
        if (Tainted || Ended || !Accepted) return;
        await PingAsync();
        string owed;
        lock (_gate) owed = $"all is answered; sent: {Log}; still expected: {string.Join(' ', _expected)}, {_asked.Count} SUBACKs, {_pings} PINGRESPs";
        await BrokerFixture.UntilAsync(() =>
        {
            lock (_gate) return Ended || Fault is not null || (_expected.Count == 0 && _asked.Count == 0 && _pings == 0);
        }, owed);
    }

    public async Task DropAsync()
    {
        Ended = true;
        await _writer.CompleteAsync(new IOException("gone"));
        _reader.CancelPendingRead();
        await _reading.WaitAsync(TimeSpan.FromSeconds(20), BrokerFixture.Ct);
        await _reader.CompleteAsync();
        await _served.WaitAsync(TimeSpan.FromSeconds(20), BrokerFixture.Ct);
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var result = await _reader.ReadAsync(BrokerFixture.Ct);
                var buffer = result.Buffer;
                while (true)
                {
                    var before = buffer.Length;
                    var status = PacketFraming.TryReadFrame(ref buffer, int.MaxValue, out var header, out var body, out var error);
                    if (status == FrameStatus.NeedMore) break;
                    if (status != FrameStatus.Frame) throw new ConformanceException($"bytes that are no packet: {error}");
                    lock (_gate) Check(header, body.ToArray(), before - buffer.Length);
                }
                _reader.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted || result.IsCanceled) break;
            }
        }
        catch (Exception failure) when (failure is ConformanceException or KeyNotFoundException or FormatException)
        {
            Fault = failure.Message;
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // A reset: the broker closed while something was on the way to it. Or this client's own drop, whose writer closes the socket.
        }
        Ended = true;
    }

    private void Check(byte header, byte[] body, long size)
    {
        if (_last) throw new ConformanceException($"{PacketFraming.TypeOf(header)} after DISCONNECT or a refusal (MQTT-3.14.4-1)");
        if (_foreign) return;
        var (type, fields) = PacketWords.Decode(header, body, _version);
        var five = _version == MqttVersion.V500;
        if (!_accepted)
        {
            if (type != "CONNACK") throw new ConformanceException($"{type} before CONNACK (MQTT-3.2.0-1)");
            _accepted = fields["code"] == "0x00";
            _last = !_accepted;
            if (!Tainted && !_accepted && fields["code"] is not ("0x95" or "0x97")) throw new ConformanceException($"a valid CONNECT was refused: {fields["code"]} {fields.GetValueOrDefault("reason")}");
            return;
        }
        if (!Tainted && size > (_connect?.Properties?.MaximumPacketSize ?? uint.MaxValue)) throw new ConformanceException($"{type} of {size} bytes is above the client's maximum (MQTT-3.1.2-24)");
        var id = fields.TryGetValue("id", out var text) ? ushort.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : (ushort)0;
        switch (type)
        {
            case "PUBACK" or "PUBREC" or "PUBCOMP":
                if (Tainted) break;
                if (!_expected.TryDequeue(out var next)) throw new ConformanceException($"{type} {id} although nothing waits");
                if (next.Type.ToString().ToUpperInvariant() != type || next.Id != id) throw new ConformanceException($"{type} {id}, but {next.Type} {next.Id} is next in packet order");
                if (next.Payload is not null && _index.CountOf(next.Payload) == 0) throw new ConformanceException($"{type} {id} before '{next.Payload}' is durable");
                if (next.Type == PacketType.PubRec && !_recorded.Contains(id)) _recorded.Add(id);
                break;
            case "PUBREL":
                if (_inFlight.TryGetValue(id, out var flight)) _inFlight[id] = flight with { Released = true };
                else if (!Tainted && fields["code"] == "0x00") _inFlight[id] = (QoS.ExactlyOnce, true, true);
                break;
            case "PUBLISH":
                Delivered(fields, id);
                break;
            case "SUBACK" or "UNSUBACK":
                if (Tainted) break;
                if (!_asked.Remove(id, out var codes)) throw new ConformanceException($"{type} {id} that nobody asked for");
                if ((type == "SUBACK" || five) && fields["codes"].Split(',').Length != codes) throw new ConformanceException($"{type} {id} has {fields["codes"]} for {codes} filters");
                break;
            case "PINGRESP":
                if (!Tainted && --_pings < 0) throw new ConformanceException("PINGRESP without PINGREQ");
                break;
            case "DISCONNECT" when five:
                _last = true;
                // Taken over, too large an answer, or too slow a reader: what may happen to a valid client.
                if (!Tainted && fields["code"] is not ("0x8e" or "0x95" or "0x97")) throw new ConformanceException($"a valid client was disconnected: {fields["code"]} {fields.GetValueOrDefault("reason")}");
                break;
            default: throw new ConformanceException($"{type} is not for a server to send here");
        }
    }

    private void Delivered(Dictionary<string, string> fields, ushort id)
    {
        if (Tainted) return;
        if (fields.TryGetValue("alias", out var aliasText))
        {
            var alias = ushort.Parse(aliasText, System.Globalization.CultureInfo.InvariantCulture);
            if (alias > (_connect!.Properties?.TopicAliasMaximum ?? 0)) throw new ConformanceException($"alias {alias} is above the client's maximum (MQTT-3.1.2-26)");
            if (fields["topic"].Length == 0 && !_aliases.Contains(alias)) throw new ConformanceException($"alias {alias} was never set");
            _aliases.Add(alias);
        }
        else if (fields["topic"].Length == 0)
        {
            throw new ConformanceException("PUBLISH without a topic");
        }
        if (fields["qos"] == "0") return;
        var qos = (QoS)(fields["qos"][0] - '0');
        if (fields["dup"] == "0" && _inFlight.ContainsKey(id)) throw new ConformanceException($"PUBLISH {id} anew although it is in flight (MQTT-2.2.1-4)");
        _inFlight[id] = (qos, false, false);
        if (_inFlight.Count > (_connect!.Properties?.ReceiveMaximum ?? ushort.MaxValue)) throw new ConformanceException($"{_inFlight.Count} in flight, Receive Maximum is {_connect.Properties!.ReceiveMaximum} (MQTT-3.3.4-9)");
    }
}
