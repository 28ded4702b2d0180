using System.Runtime.CompilerServices;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>What a restart needs of the outgoing half: written to progress records and snapshots, read when loading.</summary>
internal sealed partial class Session
{
    /// <summary>In flight counts too: one message that is never acknowledged pins the journal as surely as a queue.</summary>
    public bool PinsTooMuch(long routed) => IsOverCap(routed) || routed - NeededFrom(routed) > Core.MaxPinnedBytes;

    /// <summary>Lowest journal position that this session still needs. Under the gate.</summary>
    public long NeededFrom(long routed)
    {
        var lowest = ResumePosition(routed);
        foreach (ref readonly var flight in _inFlight.Slots)
        {
            if (flight.PacketId != 0 && flight.Position >= 0 && !flight.Released) lowest = Math.Min(lowest, flight.Position);
        }
        return lowest;
    }

    /// <summary>Lowest unacknowledged position that came through a group and would be lost with this session. Takes the gate.</summary>
    public long LowestInFlight(SharedGroup group)
    {
        var lowest = long.MaxValue;
        lock (Gate)
        {
            if (Journaled) return lowest;
            foreach (ref readonly var flight in _inFlight.Slots)
            {
                if (flight.PacketId != 0 && flight.Group == group && flight.QoS == QoS.AtLeastOnce) lowest = Math.Min(lowest, flight.Position);
            }
        }
        return lowest;
    }

    /// <summary>What waits in memory waits in the journal too, and starts there again.</summary>
    public override long ResumePosition(long routed) => _ready is not null && _ready.TryPeek(out var first) ? first.Message.Position : base.ResumePosition(routed);

    /// <summary>Under the gate.</summary>
    public void WriteProgress(in RecordWriter writer, long routed)
    {
        var resume = ResumePosition(routed);
        OutgoingOnce.Trim(_once?.BoundBefore, resume);
        writer.Int64(resume);
        writer.UInt16(_inFlight.LastPacketId);
        var kept = _inFlight.InOrder();
        kept.RemoveAll(static f => f.Note?.Kept is not null && f.QoS != QoS.ExactlyOnce);
        writer.VarUInt((uint)kept.Count);
        foreach (var flight in kept)
        {
            writer.UInt16(flight.PacketId);
            writer.Int64(flight.Position);
            writer.Byte(flight.Flags);
            WriteIds(writer, flight);
        }
    }

    /// <summary>Only while loading.</summary>
    public bool ReadProgress(ref RecordReader reader)
    {
        var position = reader.Int64();
        var lastPacketId = reader.UInt16();
        var count = reader.Count();
        if (!reader.Ok) return false;
        var before = _inFlight;
        _inFlight.Clear();
        for (var i = 0; i < count; i++)
        {
            var packetId = reader.UInt16();
            var at = reader.Int64();
            var flags = reader.Byte();
            var ids = ReadIds(ref reader);
            if (!reader.Ok || (flags & 3) == 3) return false;
            if (packetId == 0) continue;
            // A retained message is in the record that gave it its packet id.
            ref readonly var known = ref before.Find(packetId);
            var kept = at >= 0 || Unsafe.IsNullRef(in known) ? null : known.Note?.Kept;
            _inFlight.Set(InFlight.Of(flags, packetId, at, _order++, ids.Length == 0 && kept is null ? null : new DeliveryNote(ids, kept)));
        }
        _inFlight.LastPacketId = lastPacketId;
        Restore(position);
        OutgoingOnce.Trim(_once?.BoundBefore, Position);
        return true;
    }

    /// <summary>Snapshot only: the queue's own counts. Under the gate.</summary>
    public void WriteQueue(in RecordWriter writer)
    {
        writer.Bool(Behind || ReadyCount > 0);
        writer.Int64(ReadyCount > 0 ? Math.Max(LastQueued, _ready!.Last().Message.Position) : LastQueued);
        writer.Int64(QueuedBytes + _readyBytes);
        writer.VarUInt((uint)(QueuedMessages + ReadyCount));
    }

    public void ReadQueue(ref RecordReader reader)
    {
        Behind = reader.Bool();
        LastQueued = reader.Int64();
        QueuedBytes = reader.Int64();
        QueuedMessages = (int)Math.Min(int.MaxValue, reader.VarUInt());
    }

    /// <summary>Ends the outgoing half; returns what shared groups must hand to other members: QoS 1 only (MQTT-4.8.2-5). Under the gate.</summary>
    public List<InFlight> TakeShared()
    {
        var shared = _inFlight.InOrder();
        shared.RemoveAll(static f => f.Group is null || f.QoS != QoS.AtLeastOnce || f.Position < 0);
        _inFlight.Clear();
        DropWaiting();
        return shared;
    }
}
