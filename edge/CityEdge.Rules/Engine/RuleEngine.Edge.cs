using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class RuleEngine
{
    /// <summary>A device with a slow clock keeps its delay to within this; less than half of what makes a reading late, so that the first after an outage is not taken for one.</summary>
    private const long PacedWithinMs = 50_000;

    /// <summary>
    /// Applies what an agent says of an alarm of a rule <c>at: edge</c>, after everything that was due before. The engine's own evidence goes first: an alarm is taken over only where none is open, the
    /// raise is later than the last one known, and no reading newer than the agent's has come; what is over is closed only where the raise is the same and the engine does not itself find it to hold. So one
    /// rule and point has one alarm, however often and in whatever order agent and readings are heard.
    /// </summary>
    /// <param name="said">What the agent says.</param>
    /// <param name="arrivalMs">Wall time of its arrival.</param>
    /// <param name="output">Takes what happens.</param>
    public EdgeVerdict ApplyEdge(EdgeAlarm said, long arrivalMs, List<AlarmTransition> output)
    {
        if (queue.FirstKey < arrivalMs) Advance(arrivalMs, output);
        wallMs = Math.Max(wallMs, arrivalMs);
        if (!rules.TryGetValue(said.Rule, out var rule) || rule.Definition.At != RulePlacement.Edge || rule.Definition.Version != said.RuleVersion) return EdgeVerdict.OtherRule;
        if (!points.TryGetValue(said.Point, out var point) || point.Alarms.Find(alarm => alarm.Rule == rule) is not { } instance) return EdgeVerdict.OtherPoint;
        if (said.AtMs > arrivalMs + MostAheadMs) return EdgeVerdict.Future;
        if (said.SeenMs is { } same && point.HasReading && same == point.LastEventMs) instance.FireAtWord(said.AtMs, arrivalMs, output);
        var newest = !point.HasReading || (said.SeenMs is { } seen && point.LastEventMs <= seen);
        var verdict = instance.Hear(said, newest, arrivalMs, output);
        var due = point.NextDue();
        queue.Set(point, point.WallOf(due));
        return verdict;
    }

    /// <summary>Event time of the newest reading of a point, Unix ms; null before one and for an unknown point.</summary>
    public long? NewestReadingMs(PointId point) => points.TryGetValue(point, out var state) && state.HasReading ? state.LastEventMs : null;

    private static bool IsPaced(PointState point, long timeMs, long arrivalMs) =>
        point.HasReading && Math.Abs(arrivalMs - point.LastArrivalMs - (timeMs - point.LastEventMs)) <= Math.Min((timeMs - point.LastEventMs) / 2, PacedWithinMs);

    private static void CatchUp(PointState point, long dueMs, List<AlarmTransition> output)
    {
        foreach (var alarm in point.Alarms)
        {
            if (alarm.Rule.AtEdge && alarm.QuietDue() <= dueMs) alarm.CatchUp(dueMs, output);
        }
    }
}
