using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Servers;

/// <summary>
/// <c>mqtt relay</c>: no broker, the ceiling of one. Answers CONNECT and SUBSCRIBE, acknowledges every PUBLISH from memory and copies it to whoever has
/// subscribed to anything; one send per connection and epoll round. With <c>--sink</c> it only reads and acknowledges. <c>--fault drop|duplicate|reorder|corrupt</c>
/// spoils one message, to see that the generator notices.
/// </summary>
internal sealed unsafe class RelayCommand
{
    private const int Listener = -1;
    private const int ReceiveBytes = 256 * 1024;
    private readonly Poller poller = new();
    private readonly List<Peer?> peers = [];
    private readonly List<Peer> subscribers = [];
    private readonly List<Peer> dirty = [];
    private readonly byte* receive = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(ReceiveBytes + (1 << 18));
    private readonly bool sink;
    private readonly string? fault;
    private long faultAt;
    private byte[]? heldBack;

    private RelayCommand(bool sink, string? fault, long faultAt) => (this.sink, this.fault, this.faultAt) = (sink, fault, faultAt);

    public static int Run(BenchArguments arguments)
    {
        var relay = new RelayCommand(arguments.Flag("sink"), arguments.Text("fault"), arguments.Number("fault-at", 1000));
        var untilInputEnds = arguments.Flag("until-input-ends");
        arguments.RejectUnknown();
        if (relay.fault is not (null or "drop" or "duplicate" or "reorder" or "corrupt")) throw new UsageException($"--fault is '{relay.fault}'; expected drop, duplicate, reorder or corrupt.");
        Native.RaiseOpenFiles();
        if (untilInputEnds)
        {
            new Thread(() =>
            {
                Console.In.ReadToEnd();
                Environment.Exit(0);
            }) { IsBackground = true }.Start();
        }
        var listener = Tcp.Listen(out var port);
        relay.poller.Add(listener, Poller.Readable, Listener);
        Console.Out.WriteLine($"ready {port}");
        while (true) relay.Round(listener);
    }

    private void Round(int listener)
    {
        var ready = poller.Wait(1_000_000_000);
        for (var i = 0; i < ready; i++)
        {
            var (what, index) = poller[i];
            if (index == Listener)
            {
                int fd;
                while ((fd = Tcp.Accept(listener)) >= 0)
                {
                    poller.Add(fd, Poller.Readable, peers.Count);
                    peers.Add(new Peer(fd, peers.Count));
                }
                continue;
            }
            if (peers[index] is not { } peer) continue;
            if ((what & (Poller.Readable | Poller.Broken)) != 0) Read(peer);
            if ((what & Poller.Writable) != 0) MarkDirty(peer);
        }
        foreach (var peer in dirty) Flush(peer);
        dirty.Clear();
    }

    private void Read(Peer peer)
    {
        peer.Left.CopyTo(new Span<byte>(receive, peer.Left.Length));
        var got = Tcp.Receive(peer.Socket, receive + peer.Left.Length, ReceiveBytes);
        if (got == Tcp.Again) return;
        if (got == Tcp.Gone)
        {
            Close(peer);
            return;
        }
        var data = new ReadOnlySpan<byte>(receive, peer.Left.Length + got);
        while (Wire.TryFrame(data, out var body, out var end))
        {
            if (!Answer(peer, data[..end], body))
            {
                Close(peer);
                return;
            }
            data = data[end..];
        }
        peer.Left = data.IsEmpty ? [] : data.ToArray();
        if (peer.Left.Length > 1 << 18) Close(peer);
    }

    private bool Answer(Peer peer, ReadOnlySpan<byte> packet, int body)
    {
        switch (packet[0] & 0xF0)
        {
            case Wire.Connect:
                Put(peer, [Wire.ConnAck, 2, 0, 0]);
                return true;
            case Wire.Subscribe & 0xF0:
                Put(peer, [Wire.SubAck, 3, packet[body], packet[body + 1], packet[^1]]);
                if (!sink) subscribers.Add(peer);
                return true;
            case Wire.Publish:
                if (((packet[0] >> 1) & 3) > 0)
                {
                    var id = body + 2 + ((packet[body] << 8) | packet[body + 1]);
                    Put(peer, [Wire.PubAck, 2, packet[id], packet[id + 1]]);
                }
                Forward(packet);
                return true;
            case Wire.PingReq:
                Put(peer, [0xD0, 0]);
                return true;
            case Wire.PubAck:
                return true;
            default:
                return false;
        }
    }

    private void Forward(ReadOnlySpan<byte> packet)
    {
        if (fault is not null && --faultAt == 0)
        {
            switch (fault)
            {
                case "drop":
                    return;
                case "duplicate":
                    Copy(packet);
                    break;
                case "reorder":
                    heldBack = packet.ToArray();
                    return;
                case "corrupt":
                    var copy = packet.ToArray();
                    copy[^1] ^= 1;
                    Copy(copy);
                    return;
            }
        }
        Copy(packet);
        // Behind the next message of the same publisher: their topics are as long and the same.
        if (heldBack is null || heldBack.Length != packet.Length || !heldBack.AsSpan(0, TopicEnd(heldBack)).SequenceEqual(packet[..TopicEnd(packet)])) return;
        Copy(heldBack);
        heldBack = null;
    }

    private static int TopicEnd(ReadOnlySpan<byte> packet) => Wire.TryFrame(packet, out var body, out _) ? body + 2 + ((packet[body] << 8) | packet[body + 1]) : 0;

    private void Copy(ReadOnlySpan<byte> packet)
    {
        foreach (var subscriber in subscribers) Put(subscriber, packet);
    }

    private void Put(Peer peer, ReadOnlySpan<byte> packet)
    {
        peer.Add(packet);
        MarkDirty(peer);
    }

    private void MarkDirty(Peer peer)
    {
        if (peer.Dirty || peer.Socket < 0) return;
        peer.Dirty = true;
        dirty.Add(peer);
    }

    private void Flush(Peer peer)
    {
        peer.Dirty = false;
        if (peer.Socket < 0) return;
        var full = false;
        while (peer.From < peer.To && !full)
        {
            fixed (byte* data = peer.Output)
            {
                var taken = Tcp.Send(peer.Socket, data + peer.From, peer.To - peer.From);
                if (taken == Tcp.Gone)
                {
                    Close(peer);
                    return;
                }
                full = taken < peer.To - peer.From;
                peer.From += Math.Max(0, taken);
            }
        }
        if (peer.From == peer.To) (peer.From, peer.To) = (0, 0);
        if (full == peer.Full) return;
        peer.Full = full;
        poller.Change(peer.Socket, full ? Poller.Readable | Poller.Writable : Poller.Readable, peer.Index);
    }

    private void Close(Peer peer)
    {
        _ = Native.Close(peer.Socket);
        peer.Socket = -1;
        subscribers.Remove(peer);
        peers[peer.Index] = null;
    }

    private sealed class Peer(int socket, int index)
    {
        public readonly int Index = index;
        public int Socket = socket;
        public byte[] Left = [];
        public byte[] Output = [];
        public int From;
        public int To;
        public bool Full;
        public bool Dirty;

        public void Add(ReadOnlySpan<byte> packet)
        {
            if (To + packet.Length > Output.Length)
            {
                var waiting = To - From;
                var room = Output.Length - waiting >= packet.Length && From > Output.Length / 2 ? Output : new byte[Math.Max(256, 2 * (waiting + packet.Length))];
                Output.AsSpan(From, waiting).CopyTo(room);
                (Output, From, To) = (room, 0, waiting);
            }
            packet.CopyTo(Output.AsSpan(To));
            To += packet.Length;
        }
    }
}
