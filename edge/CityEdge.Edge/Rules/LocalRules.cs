using CityEdge.Contracts;
using CityEdge.Mqtt;
using CityEdge.Rules;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge;

/// <summary>
/// Runs the rules <c>at: edge</c> that the hub has given, with the hub's own engine, over what the spool holds: a consumer with a cursor, so that a kill loses nothing it had heard. What it finds goes into
/// the spool behind the readings that showed it, whether the link is up or not: the hub knows by the alarm's id that it is the same. One loop owns the engine.
/// </summary>
internal sealed partial class LocalRules(AgentConfig config, Spool spool, IMqttLink link, RuleFolder folder, TimeProvider clock, TimeProvider wireClock, ILogger logger)
{
    private const string CursorName = "rules";
    private const int SaveEveryBytes = 1 << 20;
    private static readonly TimeSpan SaveEvery = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim wake = new(0, 1);
    private readonly List<AlarmTransition> transitions = [];
    private readonly List<CloudEvent> untold = [];
    private readonly List<LogRecord> batch = [];
    private readonly List<LocalAlarm> alarms = [];
    private RuleSet? rules;
    private RuleEngine? engine;
    private LogCursor? cursor;
    private long position;
    private bool changed;
    private long savedAt;
    private long told, faults;
    private int listening, connected;
    private long begun, idle;
    private bool ended;
    private TaskCompletionSource moved = NewSource();
    private LocalRulesStatus status = new(new DeviceConfigReport(), [], [], 0, 0);

    /// <summary>What they do now.</summary>
    public LocalRulesStatus Status => Volatile.Read(ref status);

    /// <summary>Runs until cancelled, and then stores its state once more.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var alarm = clock.CreateTimer(static rules => ((LocalRules)rules!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var data = spool.Log.OnDurable(_ =>
        {
            if (Volatile.Read(ref listening) == 1) Wake();
        });
        try
        {
            Load();
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                Interlocked.Increment(ref begun);
                if (Interlocked.Exchange(ref offered, null) is { } next) Adopt(next);
                if (engine is not null && await StepAsync(cancellation).ConfigureAwait(false)) continue;
                Report();
                Volatile.Write(ref idle, begun);
                Moved();
                alarm.Change(NextWait(), Timeout.InfiniteTimeSpan);
                await wake.WaitAsync(cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Readings go on to the hub, which judges them by itself.
            logger.LogCritical(e, "The rules at the edge have stopped; the hub still runs them. Start the agent again");
        }
        finally
        {
            if (changed) Save();
            Volatile.Write(ref listening, 0);
            Volatile.Write(ref ended, true);
            Moved();
        }
    }

    /// <summary>Completes when all that the spool holds now has been heard, and what it shows has been stored; at once where no rule runs.</summary>
    public Task CaughtUpAsync(CancellationToken cancellation) => Volatile.Read(ref listening) == 1 ? LookedAsync(cancellation) : Task.CompletedTask;

    /// <summary>Completes when the loop has looked once more at all that there is.</summary>
    public async Task LookedAsync(CancellationToken cancellation)
    {
        // A look that begins after this call and finds nothing more.
        var look = Interlocked.Read(ref begun) + 1;
        while (!Volatile.Read(ref ended))
        {
            var next = Volatile.Read(ref moved).Task;
            if (Volatile.Read(ref idle) >= look) return;
            Wake();
            await next.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The link is up again: the hub is told which alarms stand, behind all that was stored before.</summary>
    public void OnConnected()
    {
        Volatile.Write(ref connected, 1);
        if (Status.Report is { Version: not null } or { Refused: > 0 }) Volatile.Write(ref reportDue, 1);
        Wake();
    }

    /// <summary>Hears what is there; false when nothing was.</summary>
    private async Task<bool> StepAsync(CancellationToken cancellation)
    {
        // Before reading: a record that is being flushed has an earlier time than a clock read after it.
        var now = Now;
        var (end, durable) = (spool.Log.End, spool.Log.DurableEnd);
        batch.Clear();
        var count = spool.Log.Read(position, batch, 512, 256 << 10);
        foreach (var record in batch)
        {
            Hear(record);
            Volatile.Write(ref position, record.NextPosition);
            changed = true;
        }
        if (count == 0 && end == durable)
        {
            engine!.Advance(now, transitions);
            Tell(now);
            if (link.State == MqttLinkState.Connected && Interlocked.Exchange(ref connected, 0) == 1) Stand(now);
        }
        await StoreAsync(cancellation).ConfigureAwait(false);
        if (changed && (position - cursor!.Position >= SaveEveryBytes || wireClock.GetElapsedTime(savedAt) > SaveEvery)) Save();
        return count > 0;
    }

    private void Hear(in LogRecord record)
    {
        if (record.Kind != SpoolRecord.Telemetry || SpoolRecord.Count(record) == 0) return;
        try
        {
            foreach (var (reading, _) in TelemetryDecoder.Decode(config.Site, config.Device, SpoolRecord.Join([record]), record.TimeMs, rules!).Readings) engine!.Apply(reading, record.TimeMs, transitions);
        }
#pragma warning disable CA1031 // What rules cannot take must not keep readings from the hub.
        catch (Exception e)
#pragma warning restore CA1031
        {
            faults++;
            logger.LogError(e, "The rules could not take the spool record at {Position}; it reaches the hub all the same", record.Position);
        }
        Tell(record.TimeMs);
    }

    /// <summary>Transitions become events for the hub and the list of open alarms.</summary>
    private void Tell(long nowMs)
    {
        if (transitions.Count == 0) return;
        changed = true;
        var up = link.State == MqttLinkState.Connected;
        foreach (var t in transitions)
        {
            var at = alarms.FindIndex(a => a.Id == t.AlarmId);
            EdgeAlarmChange? change = null;
            switch (t.Change)
            {
                case AlarmChange.Raised:
                    change = EdgeAlarmChange.Raised;
                    if (at < 0) alarms.Add(new LocalAlarm(t.AlarmId, t.Rule, t.RuleVersion, t.Point.Name, t.Severity, t.RaisedAtMs, t.Value, t.NoData));
                    logger.LogWarning("{Severity} {Rule} on {Point} since {Time}, link {Link}", t.Severity, t.Rule, t.Point.Name, Rfc3339.Format(t.RaisedAtMs), up ? "up" : "down");
                    break;
                case AlarmChange.SeverityChanged:
                    change = EdgeAlarmChange.SeverityChanged;
                    if (at >= 0) alarms[at] = alarms[at] with { Severity = t.Severity, Value = t.Value };
                    break;
                case AlarmChange.Cleared:
                    change = EdgeAlarmChange.Cleared;
                    if (at >= 0) alarms.RemoveAt(at);
                    logger.LogInformation("{Rule} on {Point} is over since {Time}: {Reason}", t.Rule, t.Point.Name, Rfc3339.Format(t.AtMs), t.Reason);
                    break;
            }
            if (change is { } kind) untold.Add(new EdgeAlarm(t.AlarmId, t.Rule, t.RuleVersion, t.Point, kind, t.Severity, t.AtMs, t.RaisedAtMs, t.Value, t.NoData, engine?.NewestReadingMs(t.Point), up).ToEvent());
        }
        transitions.Clear();
        Publish(nowMs);
    }

    private void Stand(long nowMs)
    {
        foreach (var alarm in alarms)
        {
            var point = new PointId(config.Site, config.Device, alarm.Point);
            untold.Add(new EdgeAlarm(alarm.Id, alarm.Rule, alarm.Version, point, EdgeAlarmChange.Standing, alarm.Severity, Math.Max(nowMs, alarm.RaisedAtMs), alarm.RaisedAtMs, alarm.Value, alarm.NoData, engine!.NewestReadingMs(point), true).ToEvent());
        }
    }

    private async Task StoreAsync(CancellationToken cancellation)
    {
        if (untold.Count == 0) return;
        await spool.WriteEventsAsync(untold, cancellation).ConfigureAwait(false);
        told += untold.Count;
        untold.Clear();
        Refresh();
    }

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private TimeSpan NextWait() =>
        engine?.NextDueMs is { } due ? TimeSpan.FromMilliseconds(Math.Clamp(due - Now, 1, 86_400_000)) : Timeout.InfiniteTimeSpan;

    private void Moved()
    {
        var done = Interlocked.Exchange(ref moved, NewSource());
        done.TrySetResult();
    }

    private void Wake()
    {
        try
        {
            if (wake.CurrentCount == 0) wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Two wakers at once: one waking is enough.
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
