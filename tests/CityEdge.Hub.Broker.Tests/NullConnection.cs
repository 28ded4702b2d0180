using System.Buffers;
using System.Net;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>A subscriber's connection that encodes every packet and sends none.</summary>
/// <param name="unacknowledged">Where it enters itself when it has packets to acknowledge.</param>
internal sealed class NullConnection(List<NullConnection> unacknowledged) : ISessionConnection
{
    private readonly PublishWriter _writer = new(MqttVersion.V311, long.MaxValue, 0);
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private readonly Lock _gate = new();
    private ushort[] _sent = new ushort[8];
    private ushort[] _spare = new ushort[8];
    private int _count;

    public Session? Session { get; set; }

    public long Messages { get; private set; }

    public long Bytes { get; private set; }

    public EndPoint? Remote => null;

    public int ClientReceiveMaximum => ushort.MaxValue;

    public bool Congested { get; set; }

    public bool WritePublish(JournalMessage message, QoS qos, bool retain, bool dup, ushort packetId, uint? secondsLeft, uint[] ids)
    {
        lock (_gate) _writer.Write(_output, message, qos, retain, dup, packetId, secondsLeft, ids);
        Messages++;
        if (packetId == 0) return true;
        if (_count == 0) unacknowledged.Add(this);
        if (_count == _sent.Length) Array.Resize(ref _sent, _count * 2);
        _sent[_count++] = packetId;
        return true;
    }

    public void WriteAck(in AckPacket ack)
    {
        lock (_gate) PacketEncoder.Write(_output, MqttVersion.V311, ack);
    }

    public void Kick()
    {
        Bytes += _output.WrittenCount;
        _output.ResetWrittenCount();
    }

    public void KickLater() => Kick();

    public void AwaitFlush(long position) => throw new NotSupportedException("Its sessions are not journaled.");

    /// <summary>What a prompt subscriber does.</summary>
    public void AcknowledgeAll()
    {
        var (ids, count) = (_sent, _count);
        // Completing one may send the next.
        (_sent, _spare) = (_spare, _sent);
        _count = 0;
        for (var i = 0; i < count; i++) Session!.Complete(ids[i], PacketType.PubAck);
    }

    public PendingWill? TakeWill() => null;

    public void Close(ReasonCode reason, string message) => throw new InvalidOperationException($"The broker ended the subscriber: {reason} {message}");
}
