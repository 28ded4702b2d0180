using System.Diagnostics;
using System.Runtime.InteropServices;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>All subscribers on one thread: each message is checked, measured and acknowledged. Nothing is allocated while it runs.</summary>
internal sealed unsafe class SubscriberLoop : IDisposable
{
    private const int ReceiveBytes = 256 * 1024;
    private const int AckBytes = 4;
    private const int AckRoom = ReceiveBytes;
    private readonly LoadSettings settings;
    private readonly Telegrams telegrams;
    private readonly LoadShared shared;
    private readonly Poller poller = new();
    private readonly One[] all;

    public SubscriberLoop(LoadSettings settings, Telegrams telegrams, int[] sockets, LoadShared shared)
    {
        (this.settings, this.telegrams, this.shared) = (settings, telegrams, shared);
        all = [.. sockets.Select(fd => new One(fd, settings.Publishers))];
        for (var i = 0; i < all.Length; i++)
        {
            if (all[i].Socket >= 0) poller.Add(all[i].Socket, Poller.Readable, i);
        }
    }

    public IEnumerable<SubscriberResult> Results(long sent) => all.Select(s => new SubscriberResult
    {
        Deliveries = s.Deliveries,
        Lost = settings.Readings > 0 ? 0 : sent - s.Check.Distinct,
        Repeated = s.Check.Repeated,
        Late = s.Check.Late,
        Foreign = s.Foreign,
        Closed = s.Socket < 0,
        Delivery = s.Delivery.Summary(),
        LastDelivery = s.LastDelivery,
    });

    /// <summary>Runs until everything published has come to everyone, or the time to drain is over.</summary>
    public void Run()
    {
        var stalled = false;
        var stallOver = false;
        while (true)
        {
            Serve(poller.Wait(2_000_000));
            var now = Stopwatch.GetTimestamp();
            var first = shared.FirstPublish;
            if (first != 0 && settings.StallAfter >= 0 && all[0].Socket >= 0)
            {
                if (!stalled && now - first > (long)(settings.StallAfter * 1e9))
                {
                    stalled = true;
                    poller.Remove(all[0].Socket);
                }
                else if (stalled && !stallOver && (settings.StallFor > 0 ? now - first > (long)((settings.StallAfter + settings.StallFor) * 1e9) : shared.EndOfPublishing != 0))
                {
                    stallOver = true;
                    poller.Add(all[0].Socket, Poller.Readable, 0);
                }
            }
            var end = shared.EndOfPublishing;
            if (end == 0) continue;
            var sent = shared.Sent;
            if (Array.TrueForAll(all, s => s.Socket < 0 || s.Check.Distinct + s.Foreign >= sent) || now - end > (long)(settings.Drain * 1e9)) break;
        }
    }

    private void Serve(int ready)
    {
        for (var i = 0; i < ready; i++)
        {
            var (what, index) = poller[i];
            var one = all[index];
            if (one.Socket < 0) continue;
            if ((what & Poller.Writable) != 0) SendAcks(one, index);
            else if (Read(one, index)) SendAcks(one, index);
            if (index == 0) shared.Delivered = one.Check.Distinct + one.Foreign;
        }
    }

    private bool Read(One one, int index)
    {
        var got = Tcp.Receive(one.Socket, one.Received + one.Filled, ReceiveBytes - one.Filled);
        if (got == Tcp.Again) return false;
        if (got == Tcp.Gone)
        {
            Lose(one);
            return false;
        }
        one.Filled += got;
        var data = new ReadOnlySpan<byte>(one.Received, one.Filled);
        var now = Stopwatch.GetTimestamp();
        while (Wire.TryFrame(data, out var body, out var end))
        {
            if ((data[0] & 0xF0) == Wire.Publish) Take(one, data[..end], body, now);
            data = data[end..];
        }
        one.Filled = data.Length;
        data.CopyTo(new Span<byte>(one.Received, ReceiveBytes));
        if (one.Filled < ReceiveBytes) return true;
        Lose(one);
        return false;
    }

    private void Take(One one, ReadOnlySpan<byte> packet, int body, long now)
    {
        one.Deliveries++;
        one.LastDelivery = now;
        if (telegrams.TryRead(packet, body, out var message) && message.Device >= 0)
        {
            if (one.Check.Take(message.Device, message.Sequence)) one.Delivery.Add(now - message.SentAt);
        }
        else one.Foreign++;
        if (message.PacketId == 0) return;
        var ack = one.Acks + one.AcksTo;
        (ack[0], ack[1], ack[2], ack[3]) = (Wire.PubAck, 2, (byte)(message.PacketId >> 8), (byte)message.PacketId);
        one.AcksTo += AckBytes;
    }

    /// <summary>Sends what is owed; while the socket is full nothing more is read.</summary>
    private void SendAcks(One one, int index)
    {
        if (one.AcksFrom == one.AcksTo) return;
        var taken = Tcp.Send(one.Socket, one.Acks + one.AcksFrom, one.AcksTo - one.AcksFrom);
        if (taken == Tcp.Gone)
        {
            Lose(one);
            return;
        }
        one.AcksFrom += Math.Max(0, taken);
        var full = one.AcksFrom < one.AcksTo;
        if (!full) (one.AcksFrom, one.AcksTo) = (0, 0);
        if (full == one.Full) return;
        one.Full = full;
        poller.Change(one.Socket, full ? Poller.Writable : Poller.Readable, index);
    }

    private static void Lose(One one)
    {
        _ = Native.Close(one.Socket);
        one.Socket = -1;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        poller.Dispose();
        foreach (var one in all)
        {
            if (one.Socket >= 0)
            {
                Connector.Close([one.Socket]);
                one.Socket = -1;
            }
            NativeMemory.Free(one.Received);
            NativeMemory.Free(one.Acks);
        }
    }

    private sealed class One(int socket, int devices)
    {
        public readonly byte* Received = (byte*)NativeMemory.Alloc(ReceiveBytes);
        public readonly byte* Acks = (byte*)NativeMemory.Alloc(AckRoom);
        public readonly SequenceCheck Check = new(devices);
        public readonly LatencyHistogram Delivery = new();
        public int Socket = socket;
        public int Filled;
        public int AcksFrom;
        public int AcksTo;
        public bool Full;
        public long Deliveries;
        public long Foreign;
        public long LastDelivery;
    }
}
