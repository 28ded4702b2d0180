using CityEdge.Contracts;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Ingest;

/// <summary>Reads of the rule engine and the alarm desk from API threads: both are single-threaded, the consumer folds each batch under the same lock.</summary>
public sealed class EngineReader(RuleEngine engine, AlarmDesk desk)
{
    public Lock Gate { get; } = new();

    public IReadOnlyList<object> LimitsFor(PointId point)
    {
        lock (Gate)
        {
            return engine.LimitsFor(point).Select(l => (object)new { l.Rule, l.Severity, Op = l.Operator, l.Limit, Kind = l.Severity is null ? "clear" : "raise" }).ToList();
        }
    }

    public IReadOnlyList<Rules.AlarmState> Explain(PointId point)
    {
        lock (Gate) return engine.Explain(point);
    }

    /// <summary>What the desk's stages say now to an active alarm.</summary>
    public IReadOnlyList<StageVerdict> Stages(string alarm, long wallMs)
    {
        lock (Gate) return desk.Explain(alarm, wallMs);
    }

    /// <summary>The alarms with what only the clock of their point can say: whether they are stale.</summary>
    public IReadOnlyList<AlarmView> Dated(IReadOnlyList<AlarmView> alarms, long wallMs)
    {
        lock (Gate)
        {
            return [.. alarms.Select(alarm => alarm with { Stale = alarm.State == Tickets.AlarmState.Active && PointId.TryParse(alarm.Point, out var point) && engine.EventNow(point, wallMs) - alarm.RaisedAt.ToUnixTimeMilliseconds() > AlarmDesk.StaleMs })];
        }
    }

    /// <summary>Active alarms by what suppresses them, and since when more are offered than a person can take.</summary>
    public (IReadOnlyDictionary<SuppressionReason, int> Suppressed, long? FloodSinceMs) Desk(long wallMs)
    {
        lock (Gate) return (desk.Suppressed(), desk.FloodSinceMs(wallMs));
    }

    /// <summary>Readings and events that rules were not given, or did not hear, by why.</summary>
    public IReadOnlyList<(string Reason, long Count)> Unheard()
    {
        lock (Gate) return [("reading-late", engine.IgnoredReadings), ("reading-future", engine.FutureReadings), ("reading-unknown-point", engine.UnknownPointReadings), ("event", engine.UnheardEvents)];
    }

    /// <summary>Since when more alarms are offered than a person can take; null when that is not so.</summary>
    public long? FloodSinceMs(long wallMs)
    {
        lock (Gate) return desk.FloodSinceMs(wallMs);
    }

    /// <summary>Title of the rule with the lowest id that watches for a category; null when none does.</summary>
    public LocalizedText? TitleOf(string category)
    {
        lock (Gate) return engine.Rules.Where(rule => rule.Ticket.Category == category).OrderBy(rule => rule.Id, StringComparer.Ordinal).FirstOrDefault()?.Ticket.Title;
    }

    /// <summary>The point's event clock at <paramref name="wallMs"/>.</summary>
    public long EventNow(PointId point, long wallMs)
    {
        lock (Gate) return engine.EventNow(point, wallMs);
    }
}
