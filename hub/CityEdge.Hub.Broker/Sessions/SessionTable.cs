using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>All sessions: opening, resuming, taking over, ending (MQTT 5.0 §3.1.2.4, §4.1). Its dictionary is its lock; a session's gate is taken inside it, never the reverse.</summary>
internal sealed class SessionTable(BrokerCore core, Router router, WillStore wills, Dictionary<string, Session> sessions)
{
    private readonly Queue<WillStore.Stored> _waitingWills = new();
    private int _revocations;

    /// <summary>Times that an identity's sessions were ended by the administrator. Read before somebody is authenticated and again when his session is there, it tells whether his rights may be gone since.</summary>
    public int Revocations => Volatile.Read(ref _revocations);

    /// <summary>To be called when rights were taken away, before the sessions are ended.</summary>
    public void Revoked() => Interlocked.Increment(ref _revocations);

    public int Count
    {
        get
        {
            lock (sessions) return sessions.Count;
        }
    }

    public List<Session> All()
    {
        lock (sessions) return [.. sessions.Values];
    }

    /// <summary>What CONNECT got.</summary>
    /// <param name="Session">Null when refused.</param>
    /// <param name="Present">It existed before (Session Present).</param>
    /// <param name="Previous">The connection that it was taken from.</param>
    /// <param name="Position">Must be durable before CONNACK.</param>
    public readonly record struct Opening(Session? Session, bool Present, ISessionConnection? Previous, long Position);

    /// <summary>Opens or resumes. Throws <see cref="LogFullException"/> with nothing changed.</summary>
    public Opening Open(ISessionConnection connection, string clientId, ClientIdentity identity, bool cleanStart, uint expirySeconds, PendingWill? will)
    {
        lock (sessions)
        {
            sessions.TryGetValue(Session.KeyOf(identity.Name, clientId), out var existing);
            var previous = existing?.Connection;
            var resume = existing is { Persistent: true } && !cleanStart && existing.ExpiresAtMs > core.ArrivalMs;
            if (existing is null && sessions.Count >= core.Options.MaxSessions) return default;
            var session = resume ? existing! : new Session(core, clientId, identity, expirySeconds);
            var journaled = expirySeconds > 0 || resume;
            var position = 0L;
            if (journaled)
            {
                var opened = new Session(core, clientId, identity, expirySeconds);
                position = core.Append(JournalKind.SessionOpened, (!resume, opened), static (writer, value) =>
                {
                    writer.Bool(value.Item1);
                    value.opened.Write(writer);
                });
            }
            else if (existing is { Journaled: true })
            {
                position = AppendEnded(existing.Key);
            }
            // The old connection's will is settled below, from memory; the record now stands for the new one's.
            if (will is not null) position = wills.Set(identity, clientId, will);
            else wills.Clear(Session.KeyOf(identity.Name, clientId));
            var taken = previous?.TakeWill();
            if (existing is not null && !resume)
            {
                End(existing, journal: false);
                if ((taken ?? existing.DelayedWill?.Will) is { } old) PublishWill(existing, old, settled: true);
            }
            else if (taken is { Delay.Ticks: 0 })
            {
                PublishWill(existing!, taken, settled: true);
            }
            lock (session.Gate)
            {
                if (previous is not null && resume) session.GoOffline();
                session.Connection = connection;
                session.Identity = identity;
                session.ExpirySeconds = expirySeconds;
                session.ExpiresAtMs = long.MaxValue;
                session.Journaled = journaled;
                // A new connection before the delay is over: the will is not sent (MQTT 5.0 §3.1.3.2.2).
                session.DelayedWill = null;
            }
            sessions[session.Key] = session;
            return new Opening(session, resume, previous, position);
        }
    }

    /// <summary>The connection is gone. A stale one (its session was taken over) changes nothing.</summary>
    public void Detach(ISessionConnection connection, Session session, WillFate fate)
    {
        lock (sessions)
        {
            if (session.Connection != connection) return;
            var will = fate == WillFate.Publish ? connection.TakeWill() : null;
            if (fate == WillFate.Discard) wills.Clear(session.Key);
            lock (session.Gate)
            {
                session.Connection = null;
                session.GoOffline();
            }
            if (session.Ended)
            {
                if (will is not null) PublishWill(session, will);
                return;
            }
            if (!session.Persistent)
            {
                End(session, session.Journaled);
                if (will is not null) PublishWill(session, will);
                return;
            }
            session.ExpiresAtMs = core.ArrivalMs + Math.Min(session.ExpirySeconds * 1000L, (long)core.Options.SessionExpiryMax.TotalMilliseconds);
            try
            {
                // Appended under the gate: it must not come behind a record of what happened after it.
                lock (session.Gate)
                {
                    core.Append(JournalKind.Detached, (session, core), static (writer, value) =>
                    {
                        writer.String(value.session.Key);
                        writer.VarUInt(value.session.ExpirySeconds);
                        writer.Int64(value.session.ExpiresAtMs);
                        value.session.WriteProgress(writer, value.core.RoutedEnd);
                    });
                }
            }
            catch (IOException)
            {
                // Only progress is lost: after a crash the subscriber sees a few messages again.
            }
            if (will is null) return;
            if (will.Delay <= TimeSpan.Zero) PublishWill(session, will);
            else session.DelayedWill = new DelayedWill(will, core.Protocol.GetTimestamp() + (long)(will.Delay.TotalSeconds * core.Protocol.TimestampFrequency));
        }
    }

    /// <summary>Ends a session that has no future: expired, over its cap, revoked.</summary>
    public void End(Session session)
    {
        lock (sessions)
        {
            if (session.Ended) return;
            End(session, session.Journaled);
            if (session.DelayedWill is { } delayed) PublishWill(session, delayed.Will);
            session.DelayedWill = null;
        }
    }

    /// <summary>Ends a session just opened whose owner has no right to it any more: no will is sent.</summary>
    public void Refuse(Session session)
    {
        lock (sessions)
        {
            wills.Clear(session.Key);
            End(session);
        }
    }

    private void End(Session session, bool journal)
    {
        lock (session.Gate)
        {
            session.Ended = true;
            session.GoOffline();
        }
        sessions.Remove(session.Key);
        router.Enqueue(0, () => router.Forget(session));
        if (!journal) return;
        try
        {
            AppendEnded(session.Key);
        }
        catch (IOException)
        {
            // It is gone now; after a restart before the next snapshot it is there again, unconnected, until it expires.
        }
    }

    private long AppendEnded(string key) => core.Append(JournalKind.SessionEnded, key, static (writer, value) => writer.String(value));

    /// <summary>Once a second: ends what has expired, sends wills that are due, records progress.</summary>
    public void Sweep()
    {
        var nowMs = core.ArrivalMs;
        var timestamp = core.Protocol.GetTimestamp();
        foreach (var session in All())
        {
            if (session.Connection is null && session.ExpiresAtMs <= nowMs)
            {
                End(session);
                continue;
            }
            lock (sessions)
            {
                if (session.DelayedWill is { } delayed && delayed.DueTimestamp <= timestamp)
                {
                    session.DelayedWill = null;
                    PublishWill(session, delayed.Will);
                }
            }
            if (session is { Dirty: true, Journaled: true, Ended: false }) RecordProgress(session);
            session.RetryBlocked();
            session.TrimIdle();
        }
        router.Enqueue(0, RecordGroups);
        lock (sessions)
        {
            foreach (var orphan in wills.Due()) PublishWill(orphan, settled: false);
            for (var count = _waitingWills.Count; count > 0 && _waitingWills.TryDequeue(out var waiting); count--) PublishWill(waiting, settled: true);
        }
    }

    private void RecordProgress(Session session)
    {
        try
        {
            lock (session.Gate)
            {
                core.Append(JournalKind.Progress, (session, core), static (writer, value) =>
                {
                    writer.Bool(false);
                    writer.String(value.session.Key);
                    value.session.WriteProgress(writer, value.core.RoutedEnd);
                    value.session.Dirty = false;
                });
            }
        }
        catch (IOException)
        {
            session.Dirty = true;
        }
    }

    /// <summary>On the router's loop.</summary>
    private void RecordGroups()
    {
        foreach (var group in router.Groups.Values)
        {
            if (!group.Dirty) continue;
            group.Dirty = false;
            try
            {
                core.Append(JournalKind.Progress, (group.Key, Position: group.NeededFrom(core.RoutedEnd)), static (writer, value) =>
                {
                    writer.Bool(true);
                    writer.String(value.Key);
                    writer.Int64(value.Position);
                });
            }
            catch (IOException)
            {
                group.Dirty = true;
            }
        }
    }

    private void PublishWill(Session session, PendingWill will, bool settled = false) => PublishWill(new WillStore.Stored(session.Identity, session.ClientId, will), settled);

    /// <param name="stored">The will.</param>
    /// <param name="settled">The stored will under this key is already another one.</param>
    private void PublishWill(WillStore.Stored stored, bool settled)
    {
        var (identity, clientId, will) = stored;
        var body = new System.Buffers.ArrayBufferWriter<byte>(256);
        PublishRecord.Encode(body, will.Topic, clientId, identity.Name, will.QoS, will.Retain, 0, will.ExpirySeconds, will.Payload, will.Properties);
        try
        {
            core.Append(JournalKind.Publish, body.WrittenSpan);
        }
        catch (IOException)
        {
            // Kept in memory until there is space; bounded by the number of connections.
            if (_waitingWills.Count < core.Options.MaxConnections) _waitingWills.Enqueue(stored);
            else core.Counters.Dropped(DropReason.Will);
        }
        if (!settled) wills.Clear(Session.KeyOf(identity.Name, clientId));
    }
}
