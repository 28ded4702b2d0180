using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Acknowledgements of one connection, in the order of its packets, each with the journal position that must be durable before it leaves (MQTT 5.0 §4.6, design §2.1).
/// </summary>
internal sealed class AckQueue
{
    private readonly record struct Pending(long Position, PacketType Type, ushort PacketId, ReasonCode Code, MqttProperties? Properties);

    private readonly Queue<Pending> _queue = new();

    /// <summary>PUBLISH packets that wait for PUBACK or PUBREC. Under <see cref="Gate"/>.</summary>
    public int Publishes { get; private set; }

    /// <summary>Those of them at QoS 1. Under <see cref="Gate"/>.</summary>
    public int PubAcks { get; private set; }

    public Lock Gate { get; } = new();

    /// <summary>True while the connection is in the pump's list.</summary>
    public bool Listed { get; set; }

    public bool Empty => _queue.Count == 0;

    public int Count => _queue.Count;

    /// <summary>What the journal must reach for the first to leave. Under <see cref="Gate"/>, when not empty.</summary>
    public long First => _queue.Peek().Position;

    public void Add(long position, PacketType type, ushort packetId, ReasonCode code = ReasonCode.Success, MqttProperties? properties = null)
    {
        lock (Gate)
        {
            _queue.Enqueue(new Pending(position, type, packetId, code, properties));
            if (type is PacketType.PubAck or PacketType.PubRec) Publishes++;
            if (type is PacketType.PubAck) PubAcks++;
        }
    }

    /// <summary>Writes what the journal's end allows; returns how many publishes that acknowledged. Under <see cref="Gate"/>.</summary>
    public int Release(long durableEnd, ConnectionOutput output, MqttVersion version)
    {
        var released = 0;
        lock (output.Gate)
        {
            while (_queue.TryPeek(out var next) && next.Position <= durableEnd)
            {
                _queue.Dequeue();
                PacketEncoder.Write(output, version, new AckPacket(next.Type, next.PacketId, next.Code, next.Properties));
                if (next.Type is PacketType.PubAck or PacketType.PubRec) released++;
                if (next.Type is PacketType.PubAck) PubAcks--;
            }
        }
        Publishes -= released;
        return released;
    }
}
