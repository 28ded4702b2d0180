using System.Globalization;
using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class RuleEngine
{
    /// <summary>What every rule that matches the point, or the subject of events, makes of it, by rule id; empty for an unknown one.</summary>
    public IReadOnlyList<AlarmState> Explain(PointId point) => 
        [.. States(point).SelectMany(state => state.Alarms).Concat(SubjectsOf(point).SelectMany(subject => subject.Alarms)).OrderBy(alarm => alarm.Rule.Definition.Id, StringComparer.Ordinal).Select(Describe)];

    /// <summary>Limits of raise and clear conditions that compare <c>value</c> with a constant or an attribute of the point, for chart lines.</summary>
    public IReadOnlyList<RuleLimit> LimitsFor(PointId point)
    {
        var limits = new List<RuleLimit>();
        if (!points.TryGetValue(point, out var state)) return limits;
        foreach (var alarm in state.Alarms)
        {
            var rule = alarm.Rule.Definition;
            foreach (var step in rule.Raise) AddLimits(limits, alarm, step.Severity, step.When.Condition);
            if (rule.Clear.When is { } clear) AddLimits(limits, alarm, null, clear.Condition);
        }
        return limits;
    }

    private static void AddLimits(List<RuleLimit> limits, AlarmInstance alarm, Severity? severity, ConditionNode condition) => condition.Visit(node =>
    {
        if (node is not ComparisonNode comparison) return;
        var mirrored = comparison.Right is ValueNode;
        if (!mirrored && comparison.Left is not ValueNode) return;
        var limit = alarm.Constant(mirrored ? comparison.Left : comparison.Right);
        if (double.IsNaN(limit)) return;
        var sign = comparison.Operator switch
        {
            ComparisonOperator.Less => mirrored ? ">" : "<",
            ComparisonOperator.LessOrEqual => mirrored ? ">=" : "<=",
            ComparisonOperator.Greater => mirrored ? "<" : ">",
            ComparisonOperator.GreaterOrEqual => mirrored ? "<=" : ">=",
            ComparisonOperator.Equal => "==",
            _ => "!=",
        };
        limits.Add(new RuleLimit(alarm.Rule.Definition.Id, severity, sign, limit));
    });

    private AlarmState Describe(AlarmInstance alarm)
    {
        ref readonly var m = ref alarm.Memory;
        var (rule, point) = (alarm.Rule, alarm.Point);
        var timers = new List<AlarmTimer>();
        var supported = alarm.SupportedUntilMs;
        var (pending, pendingSince, paused) = ((Severity?)null, long.MaxValue, false);
        var firstDue = long.MaxValue;
        for (var step = 0; step < rule.Steps.Length; step++)
        {
            if ((m.True & ~m.Elapsed & (1 << step)) == 0) continue;
            var due = m.Since[step] + rule.StepForMs[step];
            var inGap = due > supported && point.EventNow(Math.Max(wallMs, point.LastArrivalMs)) > supported;
            if (!inGap) timers.Add(new AlarmTimer("raise " + rule.StepSeverity[step], due));
            if (due < firstDue) (pending, pendingSince, firstDue, paused) = (rule.StepSeverity[step], m.Since[step], due, inGap);
        }
        if (m.Open && m.ClearSinceMs != AlarmMemory.None) timers.Add(new AlarmTimer("clear", m.ClearSinceMs + rule.ClearForMs));
        if (rule.NoDataAfterMs is { } after && !m.NoDataOpen && alarm.NoDataDue(after) is var silence and < long.MaxValue) timers.Add(new AlarmTimer("no-data", silence));
        timers.Sort((a, b) => a.DueMs.CompareTo(b.DueMs));
        var phase = m.Open ? m.ClearSinceMs != AlarmMemory.None ? AlarmPhase.Clearing : AlarmPhase.Active : pending is not null ? AlarmPhase.Pending : AlarmPhase.Normal;
        var reason = rule.Steps.Length == 0 ? AlarmStateReason.SilenceOnly
            : phase == AlarmPhase.Clearing ? AlarmStateReason.Clearing
            : phase == AlarmPhase.Active ? m.True != 0 ? AlarmStateReason.ConditionHeld : AlarmStateReason.NotYetClear
            : phase == AlarmPhase.Pending ? paused ? AlarmStateReason.HoldPaused : AlarmStateReason.Holding
            : alarm.Clock is { SeasonKnown: false } ? AlarmStateReason.SeasonUnknown
            : alarm.MissingAttribute is not null ? AlarmStateReason.AttributeMissing
            : !point.HasReading ? AlarmStateReason.NoReadingYet
            : !m.Active ? AlarmStateReason.NotActive
            : rule.Definition.UsesLearnedNormal && IsLearning(point) ? AlarmStateReason.StillLearning : AlarmStateReason.ConditionFalse;
        var id = rule.Definition.Id;
        return new AlarmState(
            id,
            rule.Definition.Version,
            point.Context.Id,
            phase,
            reason,
            m.Open ? m.Severity : pending,
            phase switch { AlarmPhase.Normal => null, AlarmPhase.Pending => pendingSince, AlarmPhase.Clearing => m.ClearSinceMs, _ => m.RaisedAtMs },
            m.Open ? AlarmIds.Of(id, point.Context.Id, false, m.RaisedAtMs) : null,
            m.Open && m.Dispatched,
            m.NoDataOpen ? m.NoDataRaisedAtMs : null,
            m.NoDataOpen ? AlarmIds.Of(id, point.Context.Id, true, m.NoDataRaisedAtMs) : null,
            double.IsNaN(point.LastValue) ? null : point.LastValue,
            point.HasReading ? point.LastEventMs : null,
            timers,
            alarm.MissingAttribute,
            rule.Definition.UsesLearnedNormal ? point.Group is { } group ? Learned(group) : Learned(point.Normal, rule.Definition.ForecastsMs) : null);
    }

    /// <summary>Of an asset's points, too: it is known of none what is normal.</summary>
    private static bool IsLearning(PointState point) => point.Group is { } group ? group.Members.Values.All(member => IsLearning(member.Point)) : point.Normal is not { IsLearning: false };

    private static string Learned(AssetGroup group) =>
        string.Create(CultureInfo.InvariantCulture, $"of {group.Members.Values.Count(member => !IsLearning(member.Point))} of {group.Members.Count} points it is known what is normal");

    private static string Learned(LearnedNormal? normal, long[] forecastsMs)
    {
        if (normal is null) return "no reading yet";
        if (normal.IsLearning) return normal.Explain();
        var expected = forecastsMs.Select(ahead => string.Create(CultureInfo.InvariantCulture, $"; {normal.Forecast(ahead):0.###} is expected in {Durations.Format(TimeSpan.FromMilliseconds(ahead))}"));
        return normal.Explain() + string.Concat(expected);
    }
}
