namespace CityEdge.Rules;

/// <summary>A part of an expression that yields a text; null means unknown.</summary>
internal abstract class TextNode
{
    public abstract string? Evaluate(in EvaluationContext context);

    /// <summary>Canonical: equal keys are the same text.</summary>
    public abstract string Key { get; }
}

/// <summary><c>"open"</c>.</summary>
internal sealed class LiteralTextNode(string text) : TextNode
{
    public string Text => text;

    public override string? Evaluate(in EvaluationContext context) => text;

    public override string Key => $"\"{text}\"";
}

/// <summary><c>value</c> of a text point.</summary>
internal sealed class ValueTextNode : TextNode
{
    public override string? Evaluate(in EvaluationContext context) => context.Inputs?.LastText;

    public override string Key => "value";
}

/// <summary><c>attr.NAME</c> compared with a text.</summary>
internal sealed class AttributeTextNode(int slot, string name) : TextNode
{
    public override string? Evaluate(in EvaluationContext context) => context.Inputs?.Texts[slot];

    public override string Key => "attr." + name;
}

/// <summary><c>point("../mode", text)</c>; unknown when too far away in time, as a number would be.</summary>
internal sealed class OtherTextNode(int slot, string key) : TextNode
{
    public override string? Evaluate(in EvaluationContext context) => OtherPointNode.Find(context, slot)?.LastText;

    public override string Key => key;
}

/// <summary><c>value == "open"</c>; upper and lower case differ.</summary>
internal sealed class TextComparisonNode(bool equal, TextNode left, TextNode right) : ConditionNode
{
    public bool Equal => equal;

    public TextNode Left => left;

    public TextNode Right => right;

    public override Truth Test(in EvaluationContext context)
    {
        if (left.Evaluate(context) is not { } a || right.Evaluate(context) is not { } b) return Truth.Unknown;
        return string.Equals(a, b, StringComparison.Ordinal) == equal ? Truth.True : Truth.False;
    }

    public override void Visit(Action<ConditionNode> visit) => visit(this);
}
