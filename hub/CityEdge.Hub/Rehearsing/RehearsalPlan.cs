using CityEdge.Rules;

namespace CityEdge.Hub.Rehearsing;

/// <summary>What is rehearsed: a rule over stored readings with from ≤ t &lt; to, Unix ms.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="InForce">The version in force, to say what would change; null when there is none, or it is the same.</param>
/// <param name="FromMs">Alarms raised from here on count.</param>
/// <param name="ToMs">Where the clock stops.</param>
public sealed record RehearsalPlan(RuleDefinition Rule, RuleDefinition? InForce, long FromMs, long ToMs)
{
    /// <summary>Least time before <see cref="FromMs"/>: a point's usual interval is learnt in a few readings.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromHours(1);

    /// <summary>What one value of a <c>last(N, …)</c> is taken to need; nobody knows a point's interval before its readings are read.</summary>
    private static readonly TimeSpan PerValue = TimeSpan.FromMinutes(15);

    /// <summary>What <c>anomaly()</c> and <c>forecast()</c> learn from: four of each weekday.</summary>
    private static readonly TimeSpan Learning = TimeSpan.FromDays(28);

    /// <summary>Where the engine begins: so long before <see cref="FromMs"/> that the longest window is filled and the longest hold over it can have run.</summary>
    public long StartMs => FromMs - (long)Math.Max(WarmUp(Rule).TotalMilliseconds, InForce is null ? 0 : WarmUp(InForce).TotalMilliseconds);

    private static TimeSpan WarmUp(RuleDefinition rule)
    {
        var hold = rule.Raise.Select(step => step.For).Append(rule.Clear.For).Append(rule.NoData?.After ?? TimeSpan.Zero).Max();
        return Least + rule.LongestWindow + hold + (rule.LongestRun * PerValue) + (rule.UsesLearnedNormal ? Learning : TimeSpan.Zero);
    }
}
