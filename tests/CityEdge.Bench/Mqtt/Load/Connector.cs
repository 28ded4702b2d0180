using System.Diagnostics;
using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>Opens many MQTT connections, some handshakes at a time: CONNECT, CONNACK and, with a filter, SUBSCRIBE, SUBACK.</summary>
internal sealed unsafe class Connector(int port, int handshakes, double retrySeconds)
{
    private enum Step { Connecting, Greeting, Subscribing }

    /// <summary>Connections whose session was there already.</summary>
    public int SessionsPresent { get; private set; }

    /// <summary>Handshakes that were refused or broke and were not mended by a further try.</summary>
    public int Failed { get; private set; }

    /// <summary>Handshakes that broke, or found nobody, and were tried again.</summary>
    public int Retried { get; private set; }

    /// <summary>All sockets; -1 for one that failed.</summary>
    public int[] Open(int count, Func<int, string> clientId, Func<int, string>? filter, byte qos, bool clean, double timeoutSeconds)
    {
        var sockets = new int[count];
        var steps = new Step[count];
        var bytes = stackalloc byte[8];
        using var poller = new Poller();
        var (started, done, underWay) = (0, 0, 0);
        var again = new Queue<int>();
        var deadline = Stopwatch.GetTimestamp() + (long)(timeoutSeconds * 1e9);
        var lastRetry = Stopwatch.GetTimestamp() + (long)(retrySeconds * 1e9);
        void Broken(int index)
        {
            if (sockets[index] >= 0) _ = Native.Close(sockets[index]);
            sockets[index] = -1;
            underWay--;
            if (Stopwatch.GetTimestamp() < lastRetry)
            {
                Retried++;
                again.Enqueue(index);
                return;
            }
            Failed++;
            done++;
        }
        while (done < count)
        {
            // Who found nobody waits for the next round, at least a millisecond.
            var retries = again.Count;
            while (underWay < handshakes && (started < count || retries > 0))
            {
                var index = retries-- > 0 ? again.Dequeue() : started++;
                underWay++;
                sockets[index] = Tcp.Connect(port);
                steps[index] = Step.Connecting;
                if (sockets[index] < 0) Broken(index);
                else poller.Add(sockets[index], Poller.Writable, index);
            }
            var ready = poller.Wait(1_000_000);
            for (var i = 0; i < ready; i++)
            {
                var index = poller[i].Owner;
                var fd = sockets[index];
                if (steps[index] == Step.Connecting)
                {
                    if (!Tcp.IsConnected(fd) || !SendAll(fd, Wire.ConnectPacket(clientId(index), clean)))
                    {
                        Broken(index);
                        continue;
                    }
                    steps[index] = Step.Greeting;
                    poller.Change(fd, Poller.Readable, index);
                    continue;
                }
                // Exactly the answer: what a persistent session sends next stays in the socket.
                var expected = steps[index] == Step.Greeting ? 4 : 5;
                var got = Tcp.Receive(fd, bytes, expected);
                if (got == Tcp.Again) continue;
                if (got != expected || bytes[0] != (steps[index] == Step.Greeting ? Wire.ConnAck : Wire.SubAck) || bytes[expected - 1] > 2)
                {
                    Broken(index);
                    continue;
                }
                if (steps[index] == Step.Greeting)
                {
                    if ((bytes[2] & 1) != 0) SessionsPresent++;
                    if (filter is not null)
                    {
                        steps[index] = Step.Subscribing;
                        if (!SendAll(fd, Wire.SubscribePacket(1, qos, filter(index)))) Broken(index);
                        continue;
                    }
                }
                poller.Remove(fd);
                underWay--;
                done++;
            }
            if (Stopwatch.GetTimestamp() > deadline) throw new TimeoutException($"{count - done} of {count} handshakes with 127.0.0.1:{port} were not answered within {timeoutSeconds} s.");
        }
        return sockets;
    }

    /// <summary>Says goodbye and closes.</summary>
    public static void Close(int[] sockets)
    {
        foreach (var fd in sockets)
        {
            if (fd < 0) continue;
            _ = SendAll(fd, [Wire.Disconnect, 0]);
            _ = Native.Close(fd);
        }
    }

    /// <summary>Sends a short packet that fits an empty socket buffer.</summary>
    private static bool SendAll(int fd, ReadOnlySpan<byte> packet)
    {
        fixed (byte* data = packet) return Tcp.Send(fd, data, packet.Length) == packet.Length;
    }
}
