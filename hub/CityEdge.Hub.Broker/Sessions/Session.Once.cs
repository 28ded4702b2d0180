using System.Runtime.CompilerServices;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// QoS 2 towards a journaled session (MQTT 5.0 §4.3.3): the binding of a message to its packet id is durable before PUBLISH leaves, the client's PUBREC before PUBREL does.
/// So whatever the client may hold is known after a crash, under the id that the client holds. Records are appended under the gate: their order is that of the changes.
/// </summary>
internal sealed partial class Session
{
    private const byte KeptFlag = 16;
    private const byte GroupFlag = 32;
    private OutgoingOnce? _once;

    /// <summary>Something can be sent after a flush. Any thread.</summary>
    public bool AwaitsFlush => _once is { AwaitsFlush: true };

    private bool HeldFull => _once is { } once && once.HeldBytes >= Core.Options.MaxReadyBytes;

    /// <summary>Gives a message its id, to be sent after the flush; false when the journal has no room for that.</summary>
    private bool Bind(ISessionConnection connection, JournalMessage message, DeliveryNote? note, bool retain)
    {
        var once = _once ??= new OutgoingOnce();
        var packetId = _inFlight.NextPacketId();
        var flight = new InFlight(packetId, note?.Kept is null ? message.Position : -1, QoS.ExactlyOnce, retain, _order, note);
        long position;
        try
        {
            position = Core.Append(JournalKind.Bound, (this, flight), static (writer, value) => value.Item1.WriteBound(writer, value.flight));
        }
        catch (IOException)
        {
            once.Blocked = true;
            return false;
        }
        _order++;
        _inFlight.Set(flight);
        var kept = message.Keep();
        once.Held.Enqueue(new OutgoingOnce.Waiting(packetId, kept, position));
        once.HeldBytes += kept.Size;
        once.Recorded = position;
        once.AwaitsFlush = true;
        note?.Group?.Bind(message.Position);
        Dirty = true;
        connection.AwaitFlush(position);
        return true;
    }

    /// <summary>Sends what has its id durably. Under the gate.</summary>
    private void SendBound(ISessionConnection connection, OutgoingOnce once)
    {
        var durable = Core.Journal.DurableEnd;
        while (once.Held.TryPeek(out var next) && next.Position <= durable && !connection.Congested)
        {
            once.Held.Dequeue();
            once.HeldBytes -= next.Message.Size;
            ref var flight = ref _inFlight.Find(next.PacketId);
            // A client that answers what it was not sent.
            if (Unsafe.IsNullRef(ref flight) || flight.Released) continue;
            uint? left = next.Message.Expires ? (uint)Math.Max(1, next.Message.SecondsLeft(Core.ArrivalMs)) : null;
            if (connection.WritePublish(next.Message, QoS.ExactlyOnce, flight.Retain, false, next.PacketId, left, flight.Note?.Ids ?? DeliveryNote.NoIds)) continue;
            // Too large for this client (MQTT 5.0 §3.1.2.11.4): done with, as if acknowledged.
            _inFlight.Remove(next.PacketId);
            RecordCompleted(next.PacketId);
        }
        once.AwaitsFlush = once.Held.Count > 0 || (ResendCount > 0 && once.ResendAfter > durable);
    }

    /// <summary>Before anything is sent again: what another connection recorded a moment ago must be durable. Under the gate.</summary>
    private void HoldResend(ISessionConnection connection)
    {
        if (_once is not { } once || once.Recorded <= Core.Journal.DurableEnd || ResendCount == 0) return;
        once.ResendAfter = once.Recorded;
        once.AwaitsFlush = true;
        connection.AwaitFlush(once.Recorded);
    }

    private bool MayResend => _once is not { } once || once.ResendAfter <= Core.Journal.DurableEnd;

    /// <summary>PUBREC: from now on PUBREL is what is outstanding. False for an unknown id. Throws <see cref="SegmentLog.LogFullException"/> with nothing changed.</summary>
    /// <param name="packetId">Its id.</param>
    /// <param name="position">What must be durable before PUBREL leaves.</param>
    public bool Received(ushort packetId, out long position)
    {
        lock (Gate)
        {
            position = _once?.Recorded ?? 0;
            ref var flight = ref _inFlight.Find(packetId);
            if (Unsafe.IsNullRef(ref flight) || flight.QoS != QoS.ExactlyOnce) return false;
            if (flight.Released) return true;
            if (Journaled) position = (_once ??= new OutgoingOnce()).Recorded = RecordOf(JournalKind.Received, packetId);
            flight.Released = true;
            Dirty = true;
            return true;
        }
    }

    /// <summary>The id is free. Under the gate.</summary>
    private void RecordCompleted(ushort packetId)
    {
        if (!Journaled) return;
        try
        {
            (_once ??= new OutgoingOnce()).Recorded = RecordOf(JournalKind.Completed, packetId);
        }
        catch (IOException failure)
        {
            // After a crash PUBREL goes out once more, which changes nothing for the client.
            BrokerLog.CompletionNotRecorded(Core.Logger, ClientId, failure.Message);
        }
    }

    private long RecordOf(byte kind, ushort packetId) => Core.Append(kind, (Key, packetId), static (writer, value) =>
    {
        writer.String(value.Key);
        writer.UInt16(value.packetId);
    });

    /// <summary>Tries again what the journal had no room for. Takes the gate.</summary>
    public void RetryBlocked()
    {
        if (_once is not { Blocked: true }) return;
        lock (Gate)
        {
            if (_once is { } once) once.Blocked = false;
            Drain();
        }
        WakeGroups();
    }

    private void WriteBound(in RecordWriter writer, in InFlight flight)
    {
        var (kept, group) = (flight.Note?.Kept, flight.Group);
        writer.String(Key);
        writer.UInt16(flight.PacketId);
        writer.Int64(flight.Position);
        writer.Byte((byte)(flight.Flags | (kept is null ? 0 : KeptFlag) | (group is null ? 0 : GroupFlag)));
        WriteIds(writer, flight);
        if (group is not null) writer.String(group.Key);
        if (kept is null) return;
        writer.Int64(kept.TimeMs);
        writer.Bytes(kept.Body);
    }

    /// <summary>Applies a <see cref="JournalKind.Bound"/> record. Only while loading.</summary>
    /// <param name="reader">Behind the key.</param>
    /// <param name="group">The shared subscription that it came through; empty for none.</param>
    /// <param name="position">Of the message.</param>
    public bool ReadBound(ref RecordReader reader, out string group, out long position)
    {
        var packetId = reader.UInt16();
        position = reader.Int64();
        var flags = reader.Byte();
        var ids = ReadIds(ref reader);
        group = (flags & GroupFlag) != 0 ? reader.String() : "";
        JournalMessage? kept = null;
        if ((flags & KeptFlag) != 0)
        {
            var timeMs = reader.Int64();
            kept = JournalMessage.Of(position, timeMs, reader.Bytes());
        }
        if (!reader.Ok || packetId == 0 || (flags & 3) != (byte)QoS.ExactlyOnce) return false;
        _inFlight.Set(InFlight.Of(flags, packetId, position, _order++, ids.Length == 0 && kept is null ? null : new DeliveryNote(ids, kept)));
        _inFlight.LastPacketId = packetId;
        if (position >= 0 && group.Length == 0 && position >= Position) ((_once ??= new OutgoingOnce()).BoundBefore ??= []).Add(position);
        return true;
    }

    /// <summary>Applies a <see cref="JournalKind.Received"/> or <see cref="JournalKind.Completed"/> record. Only while loading.</summary>
    public bool ReadHandshake(byte kind, ref RecordReader reader)
    {
        var packetId = reader.UInt16();
        if (!reader.Ok) return false;
        ref var flight = ref _inFlight.Find(packetId);
        if (Unsafe.IsNullRef(ref flight) || flight.QoS != QoS.ExactlyOnce) return true;
        if (kind == JournalKind.Received) flight.Released = true;
        else _inFlight.Remove(packetId);
        return true;
    }

    private static void WriteIds(in RecordWriter writer, in InFlight flight)
    {
        var ids = flight.Note?.Ids ?? DeliveryNote.NoIds;
        writer.VarUInt((uint)ids.Length);
        foreach (var id in ids) writer.VarUInt(id);
    }

    private static uint[] ReadIds(ref RecordReader reader)
    {
        var count = reader.Count();
        if (count == 0) return DeliveryNote.NoIds;
        var ids = new uint[count];
        for (var k = 0; k < ids.Length; k++) ids[k] = reader.VarUInt();
        return ids;
    }

    /// <summary>Snapshot only: what its other parts leave out. Under the gate, together with them.</summary>
    public void WriteOnce(in RecordWriter writer)
    {
        // Everything about this session below here is in the snapshot already: the gate orders the two.
        writer.Int64(Core.AppendedEnd);
        WritePositions(writer, _once?.BoundBefore);
        var kept = _inFlight.InOrder();
        kept.RemoveAll(static f => f.QoS != QoS.ExactlyOnce || f.Note?.Kept is null || f.Released);
        writer.VarUInt((uint)kept.Count);
        foreach (var flight in kept)
        {
            writer.UInt16(flight.PacketId);
            writer.Int64(flight.Note!.Kept!.TimeMs);
            writer.Bytes(flight.Note.Kept.Body);
        }
    }

    /// <summary>After all else of the session; gives the position below which records about it are in the snapshot.</summary>
    public long ReadOnce(ref RecordReader reader)
    {
        var recorded = reader.Int64();
        if (ReadPositions(ref reader) is { Count: > 0 } bound) (_once ??= new OutgoingOnce()).BoundBefore = bound;
        var count = reader.Count();
        for (var i = 0; i < count && reader.Ok; i++)
        {
            var packetId = reader.UInt16();
            var timeMs = reader.Int64();
            var message = JournalMessage.Of(-1, timeMs, reader.Bytes());
            ref var flight = ref _inFlight.Find(packetId);
            if (message is not null && !Unsafe.IsNullRef(ref flight)) flight = InFlight.Of(flight.Flags, packetId, -1, flight.Order, new DeliveryNote(flight.Note?.Ids ?? DeliveryNote.NoIds, message));
        }
        return recorded;
    }

    internal static void WritePositions(in RecordWriter writer, SortedSet<long>? positions)
    {
        writer.VarUInt((uint)(positions?.Count ?? 0));
        if (positions is null) return;
        foreach (var position in positions) writer.Int64(position);
    }

    internal static SortedSet<long> ReadPositions(ref RecordReader reader)
    {
        var count = reader.Count();
        var positions = new SortedSet<long>();
        for (var i = 0; i < count && reader.Ok; i++) positions.Add(reader.Int64());
        return positions;
    }
}
