using System.Buffers;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>
/// The broker's durable state as a fold of journal records (design §4, "Broker state"), and its snapshot. Loading applies a snapshot and then every record after it; from
/// then on the live paths make the same changes themselves. Records may be applied to a state that is already ahead of them: the last one about a thing wins.
/// </summary>
internal sealed class StateFold(BrokerCore core, Router router, RetainedStore retained, WillStore wills, Dictionary<string, Session> sessions)
{
    private readonly JournalMessage _view = JournalMessage.View();

    /// <summary>A snapshot's sessions may be ahead of its position: records about them below these are in it already.</summary>
    private readonly Dictionary<Session, long> _recorded = [];

    /// <summary>Format of state records (first byte of each body) and of snapshots.</summary>
    public const byte Format = 1;

    /// <summary>Applies one record; false for a damaged or newer one. Only while loading.</summary>
    public bool Apply(in LogRecord log)
    {
        if (log.Kind is < JournalKind.SessionOpened or > JournalKind.Completed) return true;
        var reader = new RecordReader(log.Body.Span);
        if (reader.Byte() != Format) return false;
        if (log.Kind == JournalKind.SessionOpened) return Opened(ref reader);
        if (log.Kind is JournalKind.WillStored or JournalKind.WillCleared) return wills.Apply(log.Kind, ref reader);
        if (log.Kind == JournalKind.Progress && reader.Bool()) return GroupProgress(ref reader);
        var key = reader.String();
        if (!reader.Ok) return false;
        // A record about a session that has ended since: nothing to do.
        if (!sessions.TryGetValue(key, out var session)) return true;
        var known = _recorded.TryGetValue(session, out var recorded) && log.Position < recorded;
        switch (log.Kind)
        {
            case JournalKind.SessionEnded:
                router.Forget(session);
                session.Ended = true;
                sessions.Remove(key);
                return true;
            case JournalKind.Subscribed:
                var subscription = SubscriptionEntry.Read(ref reader);
                if (reader.Ok) router.Subscribe(session, subscription);
                return reader.Ok;
            case JournalKind.Unsubscribed:
                var filter = reader.String();
                if (reader.Ok) router.Unsubscribe(session, filter);
                return reader.Ok;
            case JournalKind.Released:
                session.Incoming.Remove(reader.UInt16());
                return reader.Ok;
            case JournalKind.Progress:
                return known || session.ReadProgress(ref reader);
            case JournalKind.Bound:
                return known || Bound(session, ref reader);
            case JournalKind.Received or JournalKind.Completed:
                return known || session.ReadHandshake(log.Kind, ref reader);
            default:
                session.ExpirySeconds = reader.VarUInt();
                session.ExpiresAtMs = reader.Int64();
                return known ? reader.Ok : session.ReadProgress(ref reader);
        }
    }

    private bool Opened(ref RecordReader reader)
    {
        var clean = reader.Bool();
        var opened = Session.Read(core, ref reader);
        if (!reader.Ok) return false;
        if (sessions.TryGetValue(opened.Key, out var old))
        {
            if (!clean)
            {
                old.ExpirySeconds = opened.ExpirySeconds;
                old.ExpiresAtMs = long.MaxValue;
                return true;
            }
            router.Forget(old);
            old.Ended = true;
        }
        sessions[opened.Key] = opened;
        return true;
    }

    private bool Bound(Session session, ref RecordReader reader)
    {
        if (!session.ReadBound(ref reader, out var key, out var position)) return false;
        if (key.Length > 0 && router.Groups.TryGetValue(key, out var group)) group.Bind(position);
        return true;
    }

    private bool GroupProgress(ref RecordReader reader)
    {
        var key = reader.String();
        var position = reader.Int64();
        if (reader.Ok && router.Groups.TryGetValue(key, out var group)) group.Restore(position);
        return reader.Ok;
    }

    /// <summary>An incoming QoS 2 message: its packet id is taken. Only while loading.</summary>
    public void Publish(in LogRecord log)
    {
        // Most are no QoS 2 of a persistent session: their packet id is 0.
        if (log.Kind == JournalKind.Publish && _view.TryLoad(log) && _view.PacketId != 0
            && sessions.TryGetValue(_view.SessionKey(), out var session)) session.Incoming[_view.PacketId] = log.NextPosition;
    }

    /// <summary>Loading is over.</summary>
    public void Loaded() => _recorded.Clear();

    /// <summary>Writes everything below the router's position. On the router's loop, between two records.</summary>
    public void Write(IBufferWriter<byte> output)
    {
        var writer = new RecordWriter(output);
        var routed = core.RoutedEnd;
        // Came later than the format: behind all else, where a program that does not know it reads no further.
        var once = new ArrayBufferWriter<byte>();
        var onceWriter = new RecordWriter(once);
        List<Session> persistent;
        lock (sessions) persistent = [.. sessions.Values.Where(s => s.Journaled)];
        writer.VarUInt((uint)persistent.Count);
        foreach (var session in persistent)
        {
            lock (session.Gate)
            {
                session.Write(writer);
                writer.Int64(session.ExpiresAtMs);
                writer.VarUInt((uint)session.Subscriptions.Count);
                foreach (var subscription in session.Subscriptions.Values) subscription.Write(writer);
                var incoming = session.Incoming.UpTo(routed);
                writer.VarUInt((uint)incoming.Count);
                foreach (var (packetId, position) in incoming)
                {
                    writer.UInt16(packetId);
                    writer.Int64(position);
                }
                session.WriteQueue(writer);
                session.WriteProgress(writer, routed);
                session.WriteOnce(onceWriter);
            }
        }
        writer.VarUInt((uint)router.Groups.Count);
        foreach (var group in router.Groups.Values)
        {
            writer.String(group.Key);
            writer.Int64(group.NeededFrom(routed));
            group.WriteBound(onceWriter);
        }
        var messages = retained.All();
        writer.VarUInt((uint)messages.Count);
        foreach (var message in messages)
        {
            writer.Int64(message.Position);
            writer.Int64(message.TimeMs);
            writer.Bytes(message.Body);
        }
        lock (sessions) wills.WriteAll(writer);
        writer.Raw(once.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; false when it makes no sense.</summary>
    public bool Read(ReadOnlySpan<byte> body, long position)
    {
        var reader = new RecordReader(body);
        _recorded.Clear();
        var read = new List<Session>();
        var count = reader.Count();
        for (var i = 0; i < count && reader.Ok; i++)
        {
            var session = Session.Read(core, ref reader);
            session.ExpiresAtMs = reader.Int64();
            var subscriptions = reader.Count();
            for (var k = 0; k < subscriptions && reader.Ok; k++) router.Subscribe(session, SubscriptionEntry.Read(ref reader));
            var incoming = reader.Count();
            for (var k = 0; k < incoming && reader.Ok; k++)
            {
                var packetId = reader.UInt16();
                session.Incoming[packetId] = reader.Int64();
            }
            session.ReadQueue(ref reader);
            if (!reader.Ok || !session.ReadProgress(ref reader)) return false;
            sessions[session.Key] = session;
            read.Add(session);
        }
        var groups = reader.Count();
        var keys = new List<string>();
        for (var i = 0; i < groups && reader.Ok; i++)
        {
            var key = reader.String();
            var at = reader.Int64();
            keys.Add(key);
            if (router.Groups.TryGetValue(key, out var group)) group.Resume(at, position);
        }
        var messages = reader.Count();
        for (var i = 0; i < messages && reader.Ok; i++)
        {
            var at = reader.Int64();
            var timeMs = reader.Int64();
            if (JournalMessage.Of(at, timeMs, reader.Bytes()) is { } message) retained.Apply(message);
        }
        wills.ReadAll(ref reader);
        if (!reader.Ok || reader.Remaining == 0) return reader.Ok;
        foreach (var session in read) _recorded[session] = session.ReadOnce(ref reader);
        foreach (var key in keys)
        {
            var bound = Session.ReadPositions(ref reader);
            if (!router.Groups.TryGetValue(key, out var group)) continue;
            foreach (var at in bound) group.Bind(at);
        }
        return reader.Ok;
    }
}
