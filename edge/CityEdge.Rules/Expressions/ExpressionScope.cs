using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What a number of an expression stands for; decides how a literal's unit converts.</summary>
internal enum Quantity : byte
{
    /// <summary>A value on the kind's scale, or a plain number.</summary>
    Absolute,

    /// <summary>A difference of values: 2 K is 2 Cel, not -271.15.</summary>
    Difference,

    /// <summary>Seconds.</summary>
    Duration,

    /// <summary>A difference an hour: <c>5 K/h</c>.</summary>
    Rate,

    /// <summary>0 to 1; <c>20 %</c> is 0.2.</summary>
    Share,

    /// <summary>A plain number, such as a count: it takes no unit.</summary>
    Number,
}

/// <summary>What the expressions of one rule share and need.</summary>
internal sealed class ExpressionScope(PointKind? kind, bool isEvent = false)
{
    private const int MaxMemberConditions = 16;
    private readonly List<string> memberKeys = [];
    private bool usesMembers;
    private bool usesPoint;

    public PointKind? Kind { get; } = kind;

    /// <summary>The rule is on events, not on points.</summary>
    public bool IsEvent => isEvent;

    /// <summary>Attribute names; the index is the slot.</summary>
    public List<string> Attributes { get; } = [];

    /// <summary>What each is taken for, by slot.</summary>
    public List<AttributeUse> AttributeUses { get; } = [];

    /// <summary>Other points looked at; the index is the slot.</summary>
    public List<PointReference> References { get; } = [];

    /// <summary>Conditions over one point of a group; the index is the slot.</summary>
    public List<ConditionNode> MemberConditions { get; } = [];

    /// <summary>Kind of the assets that have one alarm each; null: one alarm a point.</summary>
    public string? Level { get; private set; }

    /// <summary>What a group's alarm tells as its value: the first function over the group.</summary>
    public NumberNode? Headline { get; set; }

    /// <summary>Longest window, ms; 0 when none.</summary>
    public long LongestWindowMs { get; set; }

    /// <summary>Hours of days that are looked back on, and how many days.</summary>
    public Dictionary<DayWindowSpec, int> DayWindows { get; } = [];

    /// <summary>Most values that a <c>last(N, …)</c> looks back on; 0 when none.</summary>
    public int LongestRun { get; set; }

    /// <summary>An <c>anomaly()</c> or <c>forecast(d)</c> is among them.</summary>
    public bool UsesLearnedNormal { get; set; }

    /// <summary>How far ahead forecasts look, ms.</summary>
    public SortedSet<long> ForecastsMs { get; } = [];

    /// <summary>Windows over which events are counted, ms.</summary>
    public SortedSet<long> EventWindowsMs { get; } = [];

    /// <summary>Ages at which a condition over <c>age</c> may change, ms, ascending after <see cref="RuleParser"/>.</summary>
    public SortedSet<long> AgeThresholdsMs { get; } = [];

    private readonly List<DataNode> data = [];

    public DataNode Data(string name)
    {
        data.Add(new DataNode(name));
        return data[^1];
    }

    /// <summary>After the last expression, when it is known which fields are compared with texts: gives each its slot. Null in a rule on points.</summary>
    public EventNeeds? BindEvents()
    {
        if (!isEvent) return null;
        var fields = data.Select(node => new EventField(node.Name, node.Text)).DistinctBy(field => (field.Name, field.Text)).ToArray();
        foreach (var node in data) node.Slot = Array.FindIndex(fields, field => field.Name == node.Name && field.Text == node.Text);
        return new EventNeeds(fields, [.. EventWindowsMs], LongestRun);
    }

    /// <summary>A function over many points is used: then none may look at the rule's one point.</summary>
    public void UseMembers(Token token)
    {
        usesMembers = true;
        if (usesPoint) throw new ExpressionException(token.Offset, Mixed(token.Text));
    }

    /// <summary>Something of the rule's own point is used.</summary>
    public void UsePoint(Token token)
    {
        usesPoint = true;
        if (usesMembers) throw new ExpressionException(token.Offset, Mixed(token.Text));
    }

    public void UseLevel(Token token)
    {
        Level ??= token.Text;
        if (Level != token.Text) throw new ExpressionException(token.Offset, $"a rule has one alarm for each asset of one level, which is '{Level}' before; found '{token.Text}'");
    }

    public int MemberSlot(string key, ConditionNode condition, Token token)
    {
        var slot = memberKeys.IndexOf(key);
        if (slot >= 0) return slot;
        if (memberKeys.Count == MaxMemberConditions) throw new ExpressionException(token.Offset, $"expected at most {MaxMemberConditions} different conditions over the points of an asset");
        memberKeys.Add(key);
        MemberConditions.Add(condition);
        return memberKeys.Count - 1;
    }

    private static string Mixed(string word) =>
        $"'{word}': share, count and votes give one alarm an asset, value, age and functions of time one a point; expected the latter inside the brackets of the former only, e.g. share(building, value < 18) > 10 %";

    public int SlotOf(string name)
    {
        var slot = Attributes.IndexOf(name);
        if (slot >= 0) return slot;
        Attributes.Add(name);
        AttributeUses.Add(AttributeUse.None);
        return Attributes.Count - 1;
    }
}
