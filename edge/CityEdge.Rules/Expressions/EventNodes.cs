namespace CityEdge.Rules;

/// <summary><c>data.NAME</c> of the last event, or inside <c>last(N, …)</c> and <c>count(…, 10m)</c> of each.</summary>
internal sealed class DataNode(string name) : NumberNode
{
    public string Name => name;

    /// <summary>The text that it is compared with; null when it is a number or a boolean.</summary>
    public string? Text { get; set; }

    /// <summary>Place of the field among those of the rule, once all its expressions are read.</summary>
    public int Slot { get; set; }

    public override double Evaluate(in EvaluationContext context) => context.Events?.Value(context.EventBack, Slot) ?? double.NaN;

    public override string Key => Text is null ? "data." + name : $"data.{name}==\"{Text}\"";
}

/// <summary><c>count(event, 10m)</c>: events in (t - w, t]; with a condition those for which it is true, where unknown counts as false.</summary>
internal sealed class EventCountNode(long windowMs, ConditionNode? condition, string key) : NumberNode
{
    public override double Evaluate(in EvaluationContext context)
    {
        if (context.Events is not { } events) return double.NaN;
        var inside = events.CountSince(context.NowMs - windowMs);
        if (condition is null) return inside;
        var one = context;
        var met = 0;
        for (var back = 0; back < inside; back++)
        {
            one.EventBack = back;
            if (condition.Test(one) == Truth.True) met++;
        }
        return met;
    }

    public override string Key => $"count({key},{windowMs})";
}
