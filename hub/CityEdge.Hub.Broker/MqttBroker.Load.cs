using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>Loading: the newest sound snapshot, then the journal after it.</summary>
public sealed partial class MqttBroker
{
    private void Load(CancellationToken ct)
    {
        _cursor = _core.Journal.OpenCursor("broker");
        var from = _core.Journal.Start;
        foreach (var file in _snapshots.List())
        {
            if (SnapshotFiles.Read(file, out var why) is { } snapshot)
            {
                if (snapshot.Position <= _core.Journal.End)
                {
                    _core.RoutedEnd = _core.RoutingEnd = snapshot.Position;
                    if (_fold.Read(snapshot.Body, snapshot.Position))
                    {
                        from = Math.Max(from, snapshot.Position);
                        Volatile.Write(ref _snapshotPosition, snapshot.Position);
                        break;
                    }
                    why = "its content makes no sense";
                }
                else
                {
                    why = $"it stands at {snapshot.Position}, past the journal's end {_core.Journal.End}";
                }
                Reset();
            }
            BrokerLog.SnapshotDamaged(_core.Logger, file, why);
        }
        var began = from;
        var chunk = new LogChunk();
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            if (_core.Journal.Read(from, chunk, 256 << 10) == 0) break;
            foreach (var log in chunk)
            {
                if (!_fold.Apply(log)) BrokerLog.RecordSkipped(_core.Logger, log.Position, log.Kind);
                _fold.Publish(log);
                _router.Route(log);
                from = _core.RoutedEnd = log.NextPosition;
            }
        }
        _core.RoutedEnd = _core.RoutingEnd = Math.Max(from, _core.RoutedEnd);
        // The values of the process before this one.
        foreach (var message in _retained.All().Where(m => m.TopicText.StartsWith(SystemTopics.Root, StringComparison.Ordinal))) _retained.Remove(message.TopicText);
        _fold.Loaded();
        _core.ResumeAppending(_core.Journal.End);
        foreach (var session in _sessions.All())
        {
            // It was connected when the hub ended: its expiry counts from now.
            if (session.ExpiresAtMs == long.MaxValue) session.ExpiresAtMs = _core.ArrivalMs + session.ExpirySeconds * 1000L;
        }
        _wills.Orphan(_core.Options.WillGraceAfterRestart);
        _snapshotTakenAt = _core.Protocol.GetTimestamp();
        BrokerLog.Loaded(_core.Logger, _sessions.Count, _router.Subscriptions, _retained.Count, began, from);
    }

    private void Reset()
    {
        foreach (var session in _sessions.All()) _router.Forget(session);
        _sessionsByKey.Clear();
        _wills.Reset();
        foreach (var message in _retained.All()) _retained.Remove(message.TopicText);
        _core.RoutedEnd = _core.RoutingEnd = 0;
    }
}
