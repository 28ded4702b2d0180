using CityEdge.Contracts;
using CityEdge.Rules;

namespace CityEdge.Hub.Ingest;

/// <summary>Reads of the rule engine from API threads: the engine itself is single-threaded, the consumer folds each batch under the same lock.</summary>
public sealed class EngineReader(RuleEngine engine)
{
    public Lock Gate { get; } = new();

    public IReadOnlyList<object> LimitsFor(PointId point)
    {
        lock (Gate)
        {
            return engine.LimitsFor(point).Select(l => (object)new { l.Rule, l.Severity, Op = l.Operator, l.Limit, Kind = l.Severity is null ? "clear" : "raise" }).ToList();
        }
    }

    public IReadOnlyList<AlarmState> Explain(PointId point)
    {
        lock (Gate) return engine.Explain(point);
    }

    /// <summary>The point's event clock at <paramref name="wallMs"/>.</summary>
    public long EventNow(PointId point, long wallMs)
    {
        lock (Gate) return engine.EventNow(point, wallMs);
    }
}
