using System.Buffers;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>The loops, snapshots, and giving the journal's space back.</summary>
public sealed partial class MqttBroker
{
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _snapshotPosition;
    private long _snapshotTakenAt;
    private long _snapshotSequence;
    private Task _snapshotWriting = Task.CompletedTask;
    private volatile bool _snapshotRequested;
    private volatile bool _routerRests;

    private readonly record struct TakenSnapshot(long Position, long NeededFrom, long Recorded, ReadOnlyMemory<byte> Body);

    /// <summary>On the loop: acknowledgements first, then one batch of deliveries. True when more is ready.</summary>
    private bool Turn()
    {
        _acks.RunTurn();
        if (_routerRests || _failed.Task.IsCompleted) return false;
        try
        {
            return _router.RunTurn();
        }
        catch (IOException failure)
        {
            _core.JournalReadFailed(failure);
            _ = RestAsync();
            return false;
        }
    }

    private async Task RestAsync()
    {
        _routerRests = true;
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
        _routerRests = false;
        _loop.Signal();
    }

    /// <summary>A fault of the broker itself: nobody may go on believing that messages flow.</summary>
    private void Fail(Exception failure)
    {
        BrokerLog.RouterFailed(_core.Logger, failure, failure.Message);
        Interlocked.CompareExchange(ref _state, 3, 1);
        foreach (var connection in _connections.Keys) connection.Close(ReasonCode.ServerUnavailable, "the hub's broker failed");
        _failed.TrySetResult();
    }

    /// <summary>A journal that failed acknowledges nothing more: clients must learn it, not wait.</summary>
    private async Task WatchJournalAsync()
    {
        try
        {
            await _core.Journal.Failed.WaitAsync(_stop.Token).ConfigureAwait(false);
            Fail(new IOException(_core.Journal.Stats.Failure ?? "The journal failed."));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), _core.Protocol);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                var timestamp = _core.Protocol.GetTimestamp();
                foreach (var connection in _connections.Keys) connection.Sweep(timestamp);
                _sessions.Sweep();
                _core.EndPublishersWait();
                _system.Sweep();
                if (_core.Protocol.GetElapsedTime(_snapshotTakenAt) >= _core.Options.SnapshotEvery && _core.RoutedEnd > Volatile.Read(ref _snapshotPosition)) RequestSnapshot();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    /// <summary>On the router's loop.</summary>
    private void AfterBatch()
    {
        while (_core.OverflowedFeeds.TryDequeue(out var feed)) EndOverflowed(feed);
        if (_core.RoutedEnd - Volatile.Read(ref _snapshotPosition) >= _core.Options.SnapshotEveryBytes) _snapshotRequested = true;
        if (!_snapshotRequested || !_snapshotWriting.IsCompleted || !_router.Settle()) return;
        _snapshotRequested = false;
        // The state of thousands of sessions takes a while to write down: routing rests meanwhile, reading and acknowledging go on.
        _routerRests = true;
        _snapshotWriting = Task.Run(SnapshotAsync, CancellationToken.None);
    }

    private void EndOverflowed(Feed feed)
    {
        if (feed is SharedGroup group)
        {
            group.DropBacklog(_core.RoutedEnd);
            return;
        }
        var session = (Session)feed;
        lock (session.Gate)
        {
            // While loading, a queue may look longer than its progress record then says.
            if (session.Ended || !session.PinsTooMuch(_core.RoutedEnd)) return;
        }
        BrokerLog.SessionOverflowed(_core.Logger, session.ClientId, session.Identity.Name, session.QueuedMessages, session.QueuedBytes);
        _core.Counters.Overflowed(session.QueuedBytes > _core.Options.MaxQueuedBytesPerSession);
        _core.Counters.Dropped(DropReason.QueueFull, session.QueuedMessages);
        session.Connection?.Close(ReasonCode.QuotaExceeded, "too many messages wait for this session");
        _sessions.End(session);
    }

    /// <summary>Asks for a snapshot soon: it is what lets the journal free space.</summary>
    private void RequestSnapshot()
    {
        _snapshotRequested = true;
        _router.Signal();
    }

    private async Task SnapshotAsync()
    {
        TakenSnapshot snapshot;
        try
        {
            snapshot = TakeSnapshot();
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }
        _routerRests = false;
        _loop.Signal();
        await WriteSnapshotAsync(snapshot, once: false).ConfigureAwait(false);
    }

    private TakenSnapshot TakeSnapshot()
    {
        var body = new ArrayBufferWriter<byte>(64 * 1024);
        _fold.Write(body);
        var routed = _core.RoutedEnd;
        var needed = routed;
        foreach (var session in _sessions.All())
        {
            lock (session.Gate)
            {
                needed = Math.Min(needed, session.NeededFrom(routed));
                if (session.PinsTooMuch(routed)) _core.Overflowed(session);
            }
        }
        foreach (var group in _router.Groups.Values)
        {
            needed = Math.Min(needed, group.NeededFrom(routed));
            lock (group.Gate)
            {
                if (group.IsOverCap(routed)) _core.Overflowed(group);
            }
        }
        _snapshotTakenAt = _core.Protocol.GetTimestamp();
        return new TakenSnapshot(routed, needed, _core.AppendedEnd, body.WrittenMemory);
    }

    /// <summary>Writes it twice, unless it is the last: both kept snapshots then stand at this position, and the journal below is free at once.</summary>
    private async Task WriteSnapshotAsync(TakenSnapshot snapshot, bool once)
    {
        try
        {
            // It holds what sessions recorded just now: on disk it must not be ahead of the journal.
            await _core.Journal.WaitDurableAsync(snapshot.Recorded).ConfigureAwait(false);
            var oldest = _snapshots.Write(snapshot.Position, snapshot.Body.Span, _snapshotSequence++);
            if (!once && _core.Counters.StalledNow > 0) oldest = _snapshots.Write(snapshot.Position, snapshot.Body.Span, _snapshotSequence++);
            Volatile.Write(ref _snapshotPosition, snapshot.Position);
            _cursor!.Commit(Math.Min(oldest, snapshot.NeededFrom));
            await _cursor.FlushAsync().ConfigureAwait(false);
            _core.Journal.Trim();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            BrokerLog.SnapshotFailed(_core.Logger, failure, _dataDirectory);
        }
    }
}
