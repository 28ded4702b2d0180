using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>Does what a device might, a broken device might, and an attacker might, in an order drawn from a seed; a prefix of a run is the run with fewer steps.</summary>
internal sealed class FuzzClient(BrokerFixture fixture, DurableIndex index, int number, int seed, int port, StrongBox<bool> polluted)
{
    private static readonly string[] Topics = ["t/a", "t/b", "t/a/c", "u", "t"];
    private static readonly string[] Filters = ["#", "t/#", "t/+", "+", "t/a", "u", "$share/g/t/#", "$share/g/#", "$share/h/u", "t/+/c"];

    private readonly Random _random = new(unchecked(seed * 397 + number));
    private readonly List<string> _exactlyOnce = [];
    private readonly Dictionary<string, int> _sent = [];
    private FuzzConnection? _connection;
    private MqttVersion _version;
    private PublishPacket _lastExact;
    private string? _lastPayload;
    // Every second run holds to the standard, so that sessions are resumed and all is checked to the end.
    private readonly bool _honest = seed % 2 == 0;

    // Ids of its own, so that a session taken over from another client has none of them in use.
    private ushort _id = (ushort)(100 + number * 10_000);
    private int _message;

    /// <summary>The first fault of any of its connections.</summary>
    public string? Fault { get; private set; }

    public async Task RunAsync(int steps)
    {
        for (var i = 0; i < steps && Fault is null; i++)
        {
            if (_connection is { Ended: true }) await LeaveAsync();
            if (_connection is null) await EnterAsync();
            else await StepAsync(_connection);
            if (_random.Next(4) == 0) await Task.Yield();
        }
    }

    public async Task SettleAsync()
    {
        if (_connection is null || Fault is not null) return;
        await _connection.SettleAsync();
        if (_connection.Fault is { } fault) Fault ??= $"client {number} ({_version}): {fault}. It sent: {_connection.Log}";
    }

    public async Task LeaveAsync()
    {
        if (_connection is null) return;
        await _connection.DropAsync();
        if (_connection.Fault is { } fault) Fault ??= $"client {number} ({_version}): {fault}. It sent: {_connection.Log}";
        _connection = null;
        _lastPayload = null;
    }

    /// <summary>After everything: no message of QoS 2 more than once, none of QoS 1 more often than sent.</summary>
    public void CheckJournal()
    {
        foreach (var payload in _exactlyOnce)
        {
            if (index.CountOf(payload) is > 1 and var count) Fault ??= $"client {number}: QoS 2 message '{payload}' is in the journal {count} times";
        }
        foreach (var (payload, sent) in _sent)
        {
            if (index.CountOf(payload) is var count && count > sent) Fault ??= $"client {number}: message '{payload}' was sent {sent} times and is in the journal {count} times";
        }
    }

    private bool OneIn(int n) => _random.Next(n) == 0;

    private async Task EnterAsync()
    {
        _version = OneIn(3) ? MqttVersion.V311 : MqttVersion.V500;
        _connection = new FuzzConnection(port == 0 ? fixture.OpenRaw() : await BrokerFixture.DialRawAsync(port), _version, index);
        var connect = Connect();
        if (!_honest && OneIn(12))
        {
            // Something else first, or a CONNECT that has suffered.
            if (OneIn(2)) await TaintAsync(_connection, Mutated(Encode(connect)));
            else await TaintAsync(_connection, OneIn(2) ? [0xC0, 0] : Noise());
            return;
        }
        await _connection.ConnectAsync(connect);
        // Some go on at once, as the standard allows; most wait.
        var connection = _connection;
        if (!OneIn(4)) await BrokerFixture.UntilAsync(() => connection.Accepted || connection.Ended, $"CONNECT is answered (client {number}, seed {seed})");
    }

    private Task TaintAsync(FuzzConnection connection, byte[] bytes)
    {
        polluted.Value = true;
        return connection.TaintAsync(bytes);
    }

    private ConnectPacket Connect()
    {
        var five = _version == MqttVersion.V500;
        // Mutated packets may have left any id in use in a session: nothing is known of it then.
        var clean = OneIn(2) || polluted.Value;
        // Now and then another client's id: a take-over.
        var client = "f" + (OneIn(10) ? _random.Next(4) : number).ToString(CultureInfo.InvariantCulture);
        var will = OneIn(3) ? new WillMessage("t/will", "will"u8.ToArray(), (QoS)_random.Next(3), OneIn(3), five && OneIn(2) ? new MqttProperties { WillDelayInterval = (uint)_random.Next(3) } : null) : null;
        var properties = !five ? null : new MqttProperties
        {
            SessionExpiryInterval = OneIn(3) ? null : (uint)_random.Next(100),
            ReceiveMaximum = OneIn(2) ? null : (ushort)_random.Next(1, 5),
            MaximumPacketSize = OneIn(3) ? (uint)_random.Next(60, 300) : null,
            TopicAliasMaximum = OneIn(2) ? (ushort)_random.Next(4) : null,
            RequestProblemInformation = OneIn(4) ? false : null,
        };
        return new ConnectPacket(_version, client, clean, 0, will, null, null, properties);
    }

    private async Task StepAsync(FuzzConnection connection)
    {
        switch (_random.Next(22))
        {
            case <= 6: await PublishAsync(connection); break;
            case 7 when _lastPayload is { } payload:
                Count(payload);
                await connection.PublishAsync(_lastExact with { Dup = true }, payload);
                break;
            case 8 or 9:
                // The id is a new message's from here on; its repeat would be one.
                _lastPayload = null;
                await connection.ReleaseAsync(_random);
                break;
            case 10 or 11:
                var filters = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Filters[_random.Next(Filters.Length)]).ToList();
                var five = _version == MqttVersion.V500;
                await connection.AskAsync(new SubscribePacket(++_id, [.. filters.Select(f => new Subscription(f, (QoS)_random.Next(3), five && !f.StartsWith('$') && OneIn(4), five && OneIn(3), five ? (RetainHandling)_random.Next(3) : 0))],
                    five && OneIn(3) ? new MqttProperties { SubscriptionIdentifiers = [(uint)_random.Next(1, 9)] } : null), _id, filters.Count);
                break;
            case 12: await connection.AskAsync(new UnsubscribePacket(++_id, [Filters[_random.Next(Filters.Length)]]), _id, 1); break;
            case 13: await connection.PingAsync(); break;
            case <= 17: await connection.AcknowledgeAsync(_random); break;
            case 18 when !_honest && OneIn(2): await TaintAsync(connection, Mutated(Any())); break;
            case 19 when !_honest && OneIn(3): await TaintAsync(connection, Noise()); break;
            case 20 when OneIn(2):
                // No good-bye, or one.
                if (OneIn(2)) await connection.SendAsync(o => PacketEncoder.Write(o, _version, new DisconnectPacket(_version == MqttVersion.V500 && OneIn(3) ? ReasonCode.DisconnectWithWillMessage : 0)), "DISCONNECT");
                await LeaveAsync();
                break;
            default: await Task.Yield(); break;
        }
        if (connection.Fault is not null && _connection is not null) await LeaveAsync();
    }

    private async Task PublishAsync(FuzzConnection connection)
    {
        var qos = (QoS)_random.Next(3);
        var payload = string.Create(CultureInfo.InvariantCulture, $"{number}-{_message++}") + (OneIn(6) ? new string('x', _random.Next(300)) : "");
        var properties = _version == MqttVersion.V500 && OneIn(4) ? new MqttProperties { MessageExpiryInterval = (uint)_random.Next(1, 100), UserProperties = [new("a", "b")] } : null;
        var packet = new PublishPacket(Topics[_random.Next(Topics.Length)], Encoding.UTF8.GetBytes(payload), qos, OneIn(6), false, qos == QoS.AtMostOnce ? (ushort)0 : ++_id, properties);
        Count(payload);
        if (qos == QoS.ExactlyOnce)
        {
            _exactlyOnce.Add(payload);
            (_lastExact, _lastPayload) = (packet, payload);
        }
        await connection.PublishAsync(packet, payload);
    }

    private void Count(string payload) => _sent[payload] = _sent.GetValueOrDefault(payload) + 1;

    private byte[] Encode(ConnectPacket connect)
    {
        var output = new ArrayBufferWriter<byte>();
        PacketEncoder.Write(output, connect);
        return output.WrittenSpan.ToArray();
    }

    private byte[] Any()
    {
        var output = new ArrayBufferWriter<byte>();
        switch (_random.Next(7))
        {
            case 0: return Encode(Connect());
            case 1: PacketEncoder.Write(output, _version, new SubscribePacket(7, [new Subscription("t/+"), new Subscription("$share/g/t")])); break;
            case 2: PacketEncoder.Write(output, _version, new UnsubscribePacket(7, ["t/+"])); break;
            case 3: PacketEncoder.Write(output, _version, new AckPacket((PacketType)_random.Next(4, 8), (ushort)_random.Next(1, 20))); break;
            case 4: PacketEncoder.Write(output, _version, new DisconnectPacket()); break;
            case 5 when _version == MqttVersion.V500: PacketEncoder.Write(output, _version, new AuthPacket(ReasonCode.ReAuthenticate, new MqttProperties { AuthenticationMethod = "K" })); break;
            default: PacketEncoder.Write(output, _version, new PublishPacket("t/a", "mutated"u8.ToArray(), (QoS)_random.Next(3), OneIn(2), false, 9)); break;
        }
        return output.WrittenSpan.ToArray();
    }

    private byte[] Mutated(byte[] bytes)
    {
        for (var m = _random.Next(1, 4); m > 0; m--)
        {
            switch (_random.Next(4))
            {
                case 0: bytes[_random.Next(bytes.Length)] = (byte)_random.Next(256); break;
                case 1: bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8)); break;
                case 2: bytes = bytes[.._random.Next(1, bytes.Length + 1)]; break;
                default: bytes = [.. bytes, (byte)_random.Next(256)]; break;
            }
        }
        return bytes;
    }

    private byte[] Noise()
    {
        var bytes = new byte[_random.Next(1, 60)];
        _random.NextBytes(bytes);
        return bytes;
    }
}
