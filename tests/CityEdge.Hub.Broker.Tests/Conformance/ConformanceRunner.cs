using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>Plays one case against whatever listens on a port. Throws <see cref="ConformanceException"/> at the first step that does not hold.</summary>
internal sealed class ConformanceRunner(int port, MqttVersion version, TimeSpan patience, Func<TimeSpan, int, Task> wait) : IDisposable
{
    private sealed class Peer : IDisposable
    {
        public required TcpClient Socket { get; init; }

        public ArrayBufferWriter<byte> Received { get; } = new();

        public int Taken { get; set; }

        public required MqttVersion Version { get; set; }

        public void Dispose() => Socket.Dispose();
    }

    private readonly Dictionary<string, Peer> _peers = [];
    private readonly Dictionary<string, string> _values = [];

    public async Task PlayAsync(ConformanceCase one)
    {
        for (var i = 0; i < one.Steps.Length; i++)
        {
            var step = one.Steps[i];
            if (step.StartsWith("5: ", StringComparison.Ordinal) || step.StartsWith("3: ", StringComparison.Ordinal))
            {
                if ((step[0] == '5') != (version == MqttVersion.V500)) continue;
                step = step[3..];
            }
            try
            {
                await StepAsync(step.Split(' ', StringSplitOptions.RemoveEmptyEntries));
            }
            catch (ConformanceException failure)
            {
                throw new ConformanceException($"step {i + 1}, '{step}': {failure.Message}");
            }
        }
    }

    private async Task StepAsync(string[] words)
    {
        if (words[0] == "wait")
        {
            await wait(TimeSpan.FromSeconds(double.Parse(words[1], CultureInfo.InvariantCulture)), _peers.Count);
            return;
        }
        var name = words[0];
        switch (words[1])
        {
            case ">" when words[2] == "hex":
                await SendAsync(await PeerAsync(name), Convert.FromHexString(string.Concat(words.Skip(3))));
                break;
            case ">":
                var fields = Fields(words.Skip(3));
                for (var times = fields.Remove("repeat", out var repeat) ? int.Parse(repeat, CultureInfo.InvariantCulture) : 1; times > 0; times--)
                {
                    await SendAsync(await PeerAsync(name), PacketWords.Encode(words[2], fields, (await PeerAsync(name)).Version));
                    if (fields.TryGetValue("id", out var id)) fields["id"] = (int.Parse(id, CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
                }
                break;
            case "<":
                Compare(await ReceiveAsync(await PeerAsync(name)), words[2], words.Skip(3));
                break;
            case "closed":
                await ClosedAsync(name, words.Length > 2 && words[2] == "silently");
                break;
            case "speaks":
                (await PeerAsync(name)).Version = words[2] == "3.1.1" ? MqttVersion.V311 : MqttVersion.V500;
                break;
            case "drop":
                _peers.Remove(name, out var peer);
                // No DISCONNECT and no linger: what a dead device leaves.
                peer!.Socket.Client.Close(0);
                break;
            case "quiet":
                var quiet = await PeerAsync(name);
                await SendAsync(quiet, [0xC0, 0]);
                var (type, got) = await ReceiveAsync(quiet) ?? throw new ConformanceException("the server closed");
                if (type != "PINGRESP") throw new ConformanceException($"nothing was to come, but {type} {Show(got)} did");
                break;
            default: throw new FormatException($"'{words[1]}' is no step.");
        }
    }

    private Dictionary<string, string> Fields(IEnumerable<string> words) => words.Select(w => w.Split('=', 2)).ToDictionary(
        p => p[0], p => p[1].StartsWith("$v", StringComparison.Ordinal) ? _values[p[1]] : p[1], StringComparer.Ordinal);

    private void Compare((string Type, Dictionary<string, string> Fields)? received, string type, IEnumerable<string> expected)
    {
        if (received is not { } packet) throw new ConformanceException("the server closed");
        if (packet.Type != type) throw new ConformanceException($"{packet.Type} {Show(packet.Fields)} came");
        foreach (var word in expected)
        {
            var at = word.IndexOfAny(['=', '<', '>', '!']);
            var (name, sign, want) = (word[..at], word[at], word[(at + 1)..]);
            var there = packet.Fields.TryGetValue(name, out var value);
            var holds = (sign, want) switch
            {
                ('=', "-") => !there,
                ('=', "*") => there,
                ('=', _) when want.StartsWith("$v", StringComparison.Ordinal) => there && (_values[want] = value!) is not null,
                // One of several.
                ('=', _) when want.Contains('|', StringComparison.Ordinal) => there && want.Split('|').Contains(value),
                ('=', _) => there && value == want,
                ('!', _) => there && value != (want.StartsWith("$v", StringComparison.Ordinal) ? _values[want] : want),
                ('<', _) => there && long.Parse(value!, CultureInfo.InvariantCulture) < long.Parse(want, CultureInfo.InvariantCulture),
                _ => there && long.Parse(value!, CultureInfo.InvariantCulture) > long.Parse(want, CultureInfo.InvariantCulture),
            };
            if (!holds) throw new ConformanceException($"{word} does not hold: {Show(packet.Fields)}");
        }
    }

    private static string Show(Dictionary<string, string> fields) => string.Join(' ', fields.Select(f => f.Key + "=" + f.Value));

    private async Task<Peer> PeerAsync(string name)
    {
        if (_peers.TryGetValue(name, out var peer)) return peer;
        var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, BrokerFixture.Ct);
        return _peers[name] = new Peer { Socket = socket, Version = version };
    }

    private static async Task SendAsync(Peer peer, byte[] bytes)
    {
        try
        {
            await peer.Socket.GetStream().WriteAsync(bytes, BrokerFixture.Ct);
        }
        catch (IOException failure)
        {
            throw new ConformanceException("could not send: " + failure.Message);
        }
    }

    /// <summary>The next packet; null when the server closed.</summary>
    private async Task<(string Type, Dictionary<string, string> Fields)?> ReceiveAsync(Peer peer)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(BrokerFixture.Ct);
        limit.CancelAfter(patience);
        while (true)
        {
            var status = PacketFraming.TryReadFrame(peer.Received.WrittenSpan[peer.Taken..], int.MaxValue, out var header, out var body, out var consumed, out _);
            if (status == FrameStatus.Frame)
            {
                peer.Taken += consumed;
                return PacketWords.Decode(header, body.ToArray(), peer.Version);
            }
            if (status != FrameStatus.NeedMore) throw new ConformanceException("the server sent bytes that are no packet");
            try
            {
                var read = await peer.Socket.GetStream().ReadAsync(peer.Received.GetMemory(4096), limit.Token);
                if (read == 0) return null;
                peer.Received.Advance(read);
            }
            catch (IOException)
            {
                return null;
            }
            catch (OperationCanceledException) when (!BrokerFixture.Ct.IsCancellationRequested)
            {
                throw new ConformanceException($"nothing came in {patience.TotalSeconds} s");
            }
        }
    }

    /// <summary>The server closes; before that it may only say why, or nothing.</summary>
    private async Task ClosedAsync(string name, bool silently)
    {
        var peer = await PeerAsync(name);
        while (await ReceiveAsync(peer) is { } last)
        {
            if (silently || last.Type is not ("DISCONNECT" or "CONNACK") || last.Fields["code"] == "0x00") throw new ConformanceException($"the server was to close, but sent {last.Type} {Show(last.Fields)}");
        }
        _peers.Remove(name);
        peer.Dispose();
    }

    public void Dispose()
    {
        foreach (var peer in _peers.Values) peer.Dispose();
    }
}
