using System.Diagnostics;
using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Attacks;

/// <summary>
/// <c>mqtt attack-as --kind KIND --port PORT</c>: misbehaves towards a server on 127.0.0.1 from a line on standard input until its end. Every kind is bounded, in sockets and
/// in what it does a millisecond, so that it is the server that is tested and not how much processor the attacker can take away from it.
/// </summary>
internal sealed unsafe class AttackCommand : IDisposable
{
    private const int ReceiveBytes = 64 * 1024;
    private readonly Attack attack;
    private readonly int port;
    private readonly Poller poller = new();
    private readonly int[] sockets;
    private readonly bool[] connected;
    private readonly long[] acted;
    private readonly Queue<int> closed = new();
    private readonly byte* buffer = (byte*)System.Runtime.InteropServices.NativeMemory.Alloc(ReceiveBytes);
    private volatile bool over;

    private AttackCommand(Attack attack, int port)
    {
        (this.attack, this.port) = (attack, port);
        (sockets, connected, acted) = (new int[attack.Sockets], new bool[attack.Sockets], new long[attack.Sockets]);
        for (var i = 0; i < sockets.Length; i++)
        {
            sockets[i] = -1;
            closed.Enqueue(i);
        }
    }

    private long Opened { get; set; }

    private long Ended { get; set; }

    private long BytesSent { get; set; }

    public static int Run(BenchArguments arguments)
    {
        var kind = arguments.Text("kind", "");
        var port = arguments.Number("port", 0);
        arguments.RejectUnknown();
        Native.RaiseOpenFiles();
        // An attacker has a machine of its own; here it must not have the hub's and the generator's processor.
        const int NicePriority = 10;
        Native.SetPriority(0, 0, NicePriority);
        using var command = new AttackCommand(Attack.Of(kind), port);
        if (Console.In.ReadLine() is null) return 0;
        new Thread(() =>
        {
            Console.In.ReadToEnd();
            command.over = true;
        }) { IsBackground = true }.Start();
        command.Loop();
        Console.Out.WriteLine($"attacked opened={command.Opened} ended={command.Ended} sent={command.BytesSent}");
        return 0;
    }

    private void Loop()
    {
        var tick = 0L;
        var began = Stopwatch.GetTimestamp();
        while (!over)
        {
            for (var i = 0; i < attack.OpensPerTick && closed.Count > 0; i++) Open(closed.Dequeue());
            for (var i = (int)(tick % attack.ActsEvery); i < sockets.Length; i += attack.ActsEvery)
            {
                if (sockets[i] >= 0 && connected[i]) Put(i, attack.Next(i, acted[i]++));
            }
            // To the next millisecond; a late one is not made up for.
            tick = Math.Max(tick + 1, (Stopwatch.GetTimestamp() - began) / 1_000_000);
            long left;
            while ((left = began + (tick * 1_000_000) - Stopwatch.GetTimestamp()) > 0) Serve(poller.Wait(left));
        }
    }

    private void Serve(int ready)
    {
        for (var i = 0; i < ready; i++)
        {
            var (what, index) = poller[i];
            if (sockets[index] < 0) continue;
            if (!connected[index])
            {
                if (!Tcp.IsConnected(sockets[index]))
                {
                    End(index);
                    continue;
                }
                connected[index] = true;
                poller.Change(sockets[index], attack.Reads ? Poller.Readable : 0, index);
                Put(index, attack.First(index));
                continue;
            }
            if ((what & Poller.Broken) != 0 || ((what & Poller.Readable) != 0 && Tcp.Receive(sockets[index], buffer, ReceiveBytes) == Tcp.Gone)) End(index);
        }
    }

    private void Open(int index)
    {
        acted[index] = 0;
        connected[index] = false;
        sockets[index] = Tcp.Connect(port, attack.ReceiveRoom);
        Opened++;
        if (sockets[index] < 0)
        {
            closed.Enqueue(index);
            return;
        }
        poller.Add(sockets[index], Poller.Writable, index);
    }

    private void Put(int index, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return;
        fixed (byte* first = data)
        {
            var sent = Tcp.Send(sockets[index], first, data.Length);
            if (sent == Tcp.Gone) End(index);
            else if (sent > 0) BytesSent += sent;
        }
    }

    private void End(int index)
    {
        _ = Native.Close(sockets[index]);
        sockets[index] = -1;
        Ended++;
        closed.Enqueue(index);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var fd in sockets)
        {
            if (fd >= 0) _ = Native.Close(fd);
        }
        poller.Dispose();
        System.Runtime.InteropServices.NativeMemory.Free(buffer);
    }
}
