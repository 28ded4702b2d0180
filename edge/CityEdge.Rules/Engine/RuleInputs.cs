namespace CityEdge.Rules;

/// <summary>What one rule's expressions see of one point: its values, its attributes in the rule's slots, and the other points that they name.</summary>
internal sealed class RuleInputs
{
    private readonly RuleRuntime rule;
    private readonly PointState point;
    private readonly PointIndex index;
    private readonly PointState?[]? others;
    private double[] attributes = [];
    private int othersVersion;

    public RuleInputs(RuleRuntime rule, PointState point, PointIndex index)
    {
        (this.rule, this.point, this.index) = (rule, point, index);
        if (rule.Definition.References.Count > 0) others = new PointState?[rule.Definition.References.Count];
        Bind();
    }

    public string? MissingAttribute => Array.FindIndex(attributes, double.IsNaN) is var slot and >= 0 ? rule.Definition.AttributeNames[slot] : null;

    /// <summary>The number that <paramref name="node"/> always is on this point; NaN when it depends on readings.</summary>
    public double Constant(NumberNode node) => node is ConstantNode or AttributeNode ? node.Evaluate(new EvaluationContext { Attributes = attributes }) : double.NaN;

    /// <summary>Takes the attributes from the point's context.</summary>
    public void Bind()
    {
        var names = rule.Definition.AttributeNames;
        attributes = names.Count == 0 ? [] : [.. names.Select(name => point.Context.Attributes.TryGetValue(name, out var value) ? value : double.NaN)];
        othersVersion = 0;
    }

    public EvaluationContext At(long timeMs) => new()
    {
        Value = point.LastValue,
        NowMs = timeMs,
        AgeMs = Math.Max(0, timeMs - point.LastEventMs),
        History = point.History,
        Recent = point.Recent,
        Normal = point.Normal,
        Attributes = attributes,
        Others = Others(),
        OthersGapMs = rule.MaxGapMs,
        Group = point.Group,
    };

    private PointState?[]? Others()
    {
        if (others is null || othersVersion == index.Version) return others;
        for (var slot = 0; slot < others.Length; slot++) others[slot] = index.Find(point.Context, point.Home, rule.Definition.References[slot]);
        othersVersion = index.Version;
        return others;
    }
}
