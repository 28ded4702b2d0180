using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>All publishers on one thread. Nothing is allocated while it runs.</summary>
internal sealed unsafe class PublisherLoop : IDisposable
{
    private const int ReceiveBytes = 64 * 1024;
    private const int LeftBytes = 8;
    private readonly LoadSettings settings;
    private readonly Telegrams telegrams;
    private readonly LoadShared shared;
    private readonly Poller poller = new();
    private readonly int[] sockets;
    private readonly long[] sequences;
    private readonly int[] packetIds;
    private readonly int[] inFlight;
    private readonly int[] owed;
    private readonly long[] sentAt;
    private readonly int slots;
    /// <summary>Bytes that a socket did not take: the rest of one send.</summary>
    private readonly byte* pending;
    private readonly int pendingRoom;
    private readonly int[] pendingFrom;
    private readonly int[] pendingTo;
    /// <summary>The begin of an acknowledgement whose end has not come.</summary>
    private readonly byte[] left;
    private readonly byte[] leftCount;
    private readonly byte* receive = (byte*)NativeMemory.Alloc(ReceiveBytes);
    private int blocked;
    private int next;
    private long owedInAll;
    private long unacknowledged;
    private long sent;

    public PublisherLoop(LoadSettings settings, Telegrams telegrams, int[] sockets, LoadShared shared)
    {
        (this.settings, this.telegrams, this.sockets, this.shared) = (settings, telegrams, sockets, shared);
        var count = sockets.Length;
        slots = 2;
        while (slots < 2 * settings.Window) slots *= 2;
        (sequences, packetIds, inFlight, owed, pendingFrom, pendingTo) = (new long[count], new int[count], new int[count], new int[count], new int[count], new int[count]);
        sentAt = new long[settings.Qos > 0 ? count * slots : 0];
        (left, leftCount) = (new byte[count * LeftBytes], new byte[count]);
        pendingRoom = telegrams.Largest * settings.Batch;
        pending = (byte*)NativeMemory.Alloc((nuint)pendingRoom * (nuint)count);
        for (var i = 0; i < count; i++)
        {
            if (sockets[i] >= 0) poller.Add(sockets[i], Poller.Readable, i);
        }
    }

    /// <summary>Publish to acknowledgement.</summary>
    public LatencyHistogram Acknowledged { get; } = new();

    /// <summary>Behind the schedule of a paced run, at the send.</summary>
    public LatencyHistogram Behind { get; } = new();

    public long LastAcknowledged { get; private set; }

    /// <summary>Acknowledgements of packets that were not under way.</summary>
    public long Unexpected { get; private set; }

    /// <summary>Paced messages that had to wait for the window or the socket.</summary>
    public long Deferred { get; private set; }

    /// <summary>Connections that the server ended.</summary>
    public int Closed { get; private set; }

    /// <summary>Messages without an acknowledgement at the end.</summary>
    public long Unacknowledged => unacknowledged;

    /// <summary>Publishes until the time is over, then waits for acknowledgements.</summary>
    public void Run()
    {
        var start = Stopwatch.GetTimestamp();
        shared.FirstPublish = start;
        var end = start + (long)(settings.Seconds * 1e9);
        var giveUp = end + (long)(settings.Drain * 1e9);
        long scheduled = 0;
        var now = start;
        if (settings is { Rate: 0, Qos: 1 })
        {
            for (var i = 0; i < sockets.Length; i++) Fill(i);
        }
        while (true)
        {
            var publishing = now < end && Closed < sockets.Length;
            long wait = 5_000_000;
            if (settings.Rate > 0)
            {
                var due = start + (scheduled * 1_000_000_000 / settings.Rate);
                while (publishing && due <= now && due < end)
                {
                    Scheduled((int)(scheduled % sockets.Length), due, now);
                    due = start + (++scheduled * 1_000_000_000 / settings.Rate);
                    now = Stopwatch.GetTimestamp();
                }
                if (publishing) wait = Math.Min(wait, due - now);
            }
            else if (settings.Qos == 0 && publishing) wait = Burst() ? 0 : 500_000;
            shared.Sent = sent;
            Serve(poller.Wait(wait), publishing && settings.Rate == 0);
            now = Stopwatch.GetTimestamp();
            if (now < end && Closed < sockets.Length) continue;
            if (shared.EndOfPublishing == 0 && owedInAll == 0 && blocked == 0)
            {
                shared.Sent = sent;
                shared.EndOfPublishing = now;
            }
            if ((shared.EndOfPublishing != 0 && unacknowledged == 0) || now > giveUp) break;
        }
        shared.Sent = sent;
        if (shared.EndOfPublishing == 0) shared.EndOfPublishing = now;
    }

    private void Serve(int ready, bool refill)
    {
        for (var i = 0; i < ready; i++)
        {
            var (what, index) = poller[i];
            if ((what & (Poller.Readable | Poller.Broken)) != 0 && !Acknowledgements(index)) continue;
            if ((what & Poller.Writable) != 0 && !Unblock(index)) continue;
            while (owed[index] > 0 && CanSend(index, 1) && Send(index, 1))
            {
                owed[index]--;
                owedInAll--;
            }
            if (refill && settings.Qos == 1) Fill(index);
        }
    }

    /// <summary>QoS 0: sends round robin until the bound or a burst is full. True when more can be sent at once.</summary>
    private bool Burst()
    {
        var bound = settings.Subscribers > 0 ? settings.InFlight : long.MaxValue;
        for (var i = 0; i < 256; i++)
        {
            if (blocked + Closed >= sockets.Length || sent - shared.Delivered + settings.Batch > bound) return false;
            while (!CanSend(next, settings.Batch)) next = (next + 1) % sockets.Length;
            Send(next, settings.Batch);
            next = (next + 1) % sockets.Length;
        }
        return true;
    }

    private void Scheduled(int index, long due, long now)
    {
        if (sockets[index] < 0) return;
        Behind.Add(now - due);
        if (owed[index] == 0 && CanSend(index, 1)) Send(index, 1);
        else
        {
            owed[index]++;
            owedInAll++;
            Deferred++;
        }
    }

    private void Fill(int index)
    {
        while (CanSend(index, settings.Batch) && Send(index, settings.Batch)) { }
    }

    private bool CanSend(int index, int messages) => sockets[index] >= 0 && pendingFrom[index] == pendingTo[index] && (settings.Qos == 0 || inFlight[index] + messages <= settings.Window);

    /// <summary>One <c>send</c> with some messages. False when the connection is gone.</summary>
    private bool Send(int index, int messages)
    {
        var buffer = pending + ((long)index * pendingRoom);
        var length = 0;
        for (var i = 0; i < messages; i++)
        {
            var now = Stopwatch.GetTimestamp();
            if (settings.Qos > 0)
            {
                packetIds[index] = packetIds[index] == ushort.MaxValue ? 1 : packetIds[index] + 1;
                sentAt[(index * slots) + (packetIds[index] & (slots - 1))] = now;
            }
            length += telegrams.Write(index, buffer + length, packetIds[index], now, sequences[index]++);
        }
        sent += messages;
        if (settings.Qos > 0)
        {
            inFlight[index] += messages;
            unacknowledged += messages;
        }
        var taken = Tcp.Send(sockets[index], buffer, length);
        if (taken == length) return true;
        if (taken == Tcp.Gone)
        {
            Lose(index);
            return false;
        }
        (pendingFrom[index], pendingTo[index]) = (Math.Max(0, taken), length);
        blocked++;
        poller.Change(sockets[index], Poller.Readable | Poller.Writable, index);
        return true;
    }

    /// <summary>Sends the rest of a partial send. False when the connection is gone or still full.</summary>
    private bool Unblock(int index)
    {
        if (sockets[index] < 0) return false;
        if (pendingFrom[index] == pendingTo[index]) return true;
        var taken = Tcp.Send(sockets[index], pending + ((long)index * pendingRoom) + pendingFrom[index], pendingTo[index] - pendingFrom[index]);
        if (taken == Tcp.Gone)
        {
            Lose(index);
            return false;
        }
        pendingFrom[index] += Math.Max(0, taken);
        if (pendingFrom[index] < pendingTo[index]) return false;
        (pendingFrom[index], pendingTo[index]) = (0, 0);
        blocked--;
        poller.Change(sockets[index], Poller.Readable, index);
        return true;
    }

    /// <summary>Takes what the server sent. False when the connection is gone.</summary>
    private bool Acknowledgements(int index)
    {
        if (sockets[index] < 0) return false;
        int kept = leftCount[index];
        if (kept > 0) left.AsSpan(index * LeftBytes, kept).CopyTo(new Span<byte>(receive, kept));
        var got = Tcp.Receive(sockets[index], receive + kept, ReceiveBytes - kept);
        if (got == Tcp.Again) return true;
        if (got == Tcp.Gone)
        {
            Lose(index);
            return false;
        }
        var data = new ReadOnlySpan<byte>(receive, kept + got);
        var now = Stopwatch.GetTimestamp();
        while (Wire.TryFrame(data, out var body, out var end))
        {
            if (data[0] == Wire.PubAck && end >= body + 2) Acknowledge(index, BinaryPrimitives.ReadUInt16BigEndian(data[body..]), now);
            data = data[end..];
        }
        if (data.Length > LeftBytes)
        {
            // No server has a reason to send a publisher so long a packet.
            Lose(index);
            return false;
        }
        data.CopyTo(left.AsSpan(index * LeftBytes));
        leftCount[index] = (byte)data.Length;
        return true;
    }

    private void Acknowledge(int index, int packetId, long now)
    {
        if (settings.Qos == 0)
        {
            Unexpected++;
            return;
        }
        ref var when = ref sentAt[(index * slots) + (packetId & (slots - 1))];
        if (when == 0)
        {
            Unexpected++;
            return;
        }
        Acknowledged.Add(now - when);
        when = 0;
        LastAcknowledged = now;
        inFlight[index]--;
        unacknowledged--;
    }

    private void Lose(int index)
    {
        if (pendingFrom[index] != pendingTo[index]) blocked--;
        (pendingFrom[index], pendingTo[index]) = (0, 0);
        owedInAll -= owed[index];
        owed[index] = 0;
        _ = Native.Close(sockets[index]);
        sockets[index] = -1;
        Closed++;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        poller.Dispose();
        NativeMemory.Free(pending);
        NativeMemory.Free(receive);
    }
}
