namespace CityEdge.Rules;

/// <summary><c>attr.NAME</c>; <see cref="Use"/> is settled once all of its expression is read.</summary>
internal sealed class AttributeNode(int slot, string name, int offset) : NumberNode
{
    public int Slot => slot;

    public string Name => name;

    /// <summary>Its place in the expression, for errors.</summary>
    public int Offset => offset;

    public AttributeUse Use { get; set; } = AttributeUse.Number;

    public override double Evaluate(in EvaluationContext context) => context.Attributes[slot];

    public override string Key => "attr." + name;
}

/// <summary><c>days_since(attr.NAME)</c>: local dates from the attribute's to the reading's; below 0 while it lies ahead.</summary>
internal sealed class DaysSinceNode(int slot, string name) : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => context.Inputs is { } inputs ? inputs.DayOf(context.NowMs) - inputs.Days[slot] : double.NaN;

    public override string Key => $"days_since({name})";
}
