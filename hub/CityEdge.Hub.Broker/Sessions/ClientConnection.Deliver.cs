using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>The connection as its session's outgoing half sees it.</summary>
internal sealed partial class ClientConnection : ISessionConnection
{
    private PublishWriter? _publishes;

    public bool Congested => Output.Congested;

    public void Kick() => Output.Kick();

    public void KickLater() => Output.KickLater();

    public void AwaitFlush(long position)
    {
        lock (_acks.Gate)
        {
            if (_acks.Listed) return;
            _acks.Listed = true;
        }
        _services.Acks.Add(this, position);
    }

    public bool WritePublish(JournalMessage message, QoS qos, bool retain, bool dup, ushort packetId, uint? secondsLeft, uint[] ids)
    {
        _publishes ??= new PublishWriter(Version, ClientMaxPacket, ClientAliasMaximum);
        bool written;
        lock (Output.Gate) written = _publishes.Write(Output, message, qos, retain, dup, packetId, secondsLeft, ids);
        if (written) _core.Counters.Out(qos);
        else _core.Counters.Dropped(DropReason.TooLargeForClient);
        return written;
    }
}
