using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What an expression may look at; a struct passed by reference, so that evaluating allocates nothing.</summary>
internal struct EvaluationContext
{
    /// <summary>Last value in the canonical unit; booleans are 0 and 1; NaN when unknown.</summary>
    public double Value;

    /// <summary>Event time, Unix ms.</summary>
    public long NowMs;

    /// <summary>Event time since the last reading, ms.</summary>
    public long AgeMs;

    /// <summary>Recent samples of the point; null when no rule on it needs any.</summary>
    public SampleHistory? History;

    /// <summary>The last values one by one; null when no rule on the point needs them.</summary>
    public RecentValues? Recent;

    /// <summary>What is normal for the point; null when no rule on it asks, or no value has come.</summary>
    public LearnedNormal? Normal;

    /// <summary>Other points by the rule's slots; null where there is none. Null as a whole when the rule looks at none.</summary>
    public PointState?[]? Others;

    /// <summary>How far another point's last value may be away, ms; null: three times its own interval.</summary>
    public long? OthersGapMs;

    /// <summary>Recent events of the subject; null in a rule on points.</summary>
    public EventHistory? Events;

    /// <summary>The event that <c>data.NAME</c> is of: 0 is the last.</summary>
    public int EventBack;

    /// <summary>The points of the asset, for rules with one alarm an asset; else null.</summary>
    public AssetGroup? Group;

    /// <summary>Marks of the last value; null before one.</summary>
    public Quality? Quality;

    /// <summary>Texts and dates, which few rules look at.</summary>
    public RuleInputs? Inputs;

    /// <summary>Attributes by the rule's slots; NaN when the point has no such attribute, or one that is a text.</summary>
    public double[] Attributes;
}
