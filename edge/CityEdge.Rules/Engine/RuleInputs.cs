namespace CityEdge.Rules;

/// <summary>What one rule's expressions see of one point: its values, its attributes in the rule's slots, and the other points that they name.</summary>
internal sealed class RuleInputs
{
    private const long DayMs = 86_400_000;

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

    /// <summary>The first attribute that the point does not have as what the rule takes it for.</summary>
    public string? MissingAttribute
    {
        get
        {
            var uses = rule.Definition.AttributeUses;
            for (var slot = 0; slot < uses.Count; slot++)
            {
                var missing = (uses[slot] == AttributeUse.Number && double.IsNaN(attributes[slot]))
                    || ((uses[slot] & AttributeUse.Text) != 0 && Texts[slot] is null)
                    || ((uses[slot] & AttributeUse.Date) != 0 && double.IsNaN(Days[slot]));
                if (missing) return rule.Definition.AttributeNames[slot];
            }
            return null;
        }
    }

    /// <summary>Attributes that are texts, by slot; empty for a rule that compares none.</summary>
    public string?[] Texts { get; private set; } = [];

    /// <summary>Attributes that are dates, as days since 1970-01-01, by slot; empty for a rule that counts none.</summary>
    public double[] Days { get; private set; } = [];

    public DayValues? DayValues(DayWindowSpec spec)
    {
        foreach (var values in point.DayValues)
        {
            if (values.Spec == spec) return values;
        }
        return null;
    }

    public string? LastText => point.LastText;

    /// <summary>The number that <paramref name="node"/> always is on this point; NaN when it depends on readings.</summary>
    public double Constant(NumberNode node) => node is ConstantNode or AttributeNode ? node.Evaluate(new EvaluationContext { Attributes = attributes }) : double.NaN;

    /// <summary>Days from 1970-01-01 to the local date of an instant.</summary>
    public double DayOf(long timeMs) => Math.Floor((double)(timeMs + point.Context.OffsetMs(timeMs)) / DayMs);

    /// <summary>Takes the attributes from the point's context, else from the rule's defaults.</summary>
    public void Bind()
    {
        var names = rule.Definition.AttributeNames;
        var uses = rule.Definition.AttributeUses;
        attributes = names.Count == 0 ? [] : [.. names.Select(name => Find(name)?.Number ?? double.NaN)];
        Texts = uses.Any(use => (use & AttributeUse.Text) != 0) ? [.. names.Select(name => Find(name)?.Text)] : [];
        Days = uses.Any(use => (use & AttributeUse.Date) != 0) ? [.. names.Select(name => AttributeDate.DayOf(Find(name)?.Text, point.Context.Zone))] : [];
        othersVersion = 0;
    }

    public EvaluationContext At(long timeMs) => new()
    {
        Value = point.LastValue,
        Quality = point.LastValueMs == long.MinValue ? null : point.LastQuality,
        NowMs = timeMs,
        AgeMs = Math.Max(0, timeMs - point.LastEventMs),
        History = point.History,
        Recent = point.Recent,
        Normal = point.Normal,
        Attributes = attributes,
        Inputs = this,
        Others = Others(),
        OthersGapMs = rule.MaxGapMs,
        Group = point.Group,
    };

    private AttributeValue? Find(string name) => point.Context.Attributes.TryGetValue(name, out var value) || rule.Definition.Defaults.TryGetValue(name, out value) ? value : null;

    private PointState?[]? Others()
    {
        if (others is null || othersVersion == index.Version) return others;
        for (var slot = 0; slot < others.Length; slot++) others[slot] = index.Find(point.Context, point.Home, rule.Definition.References[slot]);
        othersVersion = index.Version;
        return others;
    }
}
