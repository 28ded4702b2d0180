namespace CityEdge.Rules;

/// <summary><c>point("../outdoor.temperature")</c>: the other point's newest value; unknown when it is further than a gap from the reading's time, before or after.</summary>
internal sealed class OtherPointNode(int slot, string key) : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => Find(context, slot)?.LastValue ?? double.NaN;

    public override string Key => key;

    /// <summary>Null where there is no such point, or its value is too far away.</summary>
    public static PointState? Find(in EvaluationContext context, int slot)
    {
        if (context.Others is not { } others || others[slot] is not { } other || other.LastValueMs == long.MinValue) return null;
        var apart = Math.Abs(context.NowMs - other.LastValueMs);
        return apart > (context.OthersGapMs ?? other.SupportMs) ? null : other;
    }
}
