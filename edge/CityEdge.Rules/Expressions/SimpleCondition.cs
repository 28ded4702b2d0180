using System.Globalization;

namespace CityEdge.Rules;

/// <summary>
/// Conditions that compare one quantity with constants only, e.g. <c>value &gt; 60 or value &lt; -10</c>. For these it is decided exactly whether two can be true together: truth changes only at the constants,
/// so trying each constant, a point between each two, and one beyond either end tries everything. Texts stand for their places in a list, and one more for all other texts.
/// </summary>
internal sealed class SimpleCondition
{
    private readonly List<double> constants = [];
    private readonly List<string> texts = [];
    private string? subject;
    private bool simple = true;

    /// <summary>A value at which both are true; null when there is none, or when it cannot be decided.</summary>
    public static string? FindOverlap(ConditionNode a, ConditionNode b)
    {
        var both = new SimpleCondition();
        a.Visit(both.Describe);
        b.Visit(both.Describe);
        return both.simple && both.subject is not null ? both.Find(a, b) : null;
    }

    private void Describe(ConditionNode node)
    {
        var key = node switch
        {
            ComparisonNode { Left: not ConstantNode, Right: ConstantNode } c => c.Left.Key,
            ComparisonNode { Left: ConstantNode, Right: not ConstantNode } c => c.Right.Key,
            TextComparisonNode { Left: not LiteralTextNode, Right: LiteralTextNode } c => "text " + c.Left.Key,
            TextComparisonNode { Left: LiteralTextNode, Right: not LiteralTextNode } c => "text " + c.Right.Key,
            IsTrueNode c => c.Operand.Key,
            _ => null,
        };
        simple &= key is not null && (subject is null || subject == key);
        subject = key ?? subject;
        switch (node)
        {
            case ComparisonNode comparison:
                if (comparison.Left is ConstantNode left) constants.Add(left.Value);
                if (comparison.Right is ConstantNode right) constants.Add(right.Value);
                break;
            case TextComparisonNode text:
                constants.Add(PlaceOf(text));
                break;
            default:
                constants.Add(0);
                break;
        }
    }

    private string? Find(ConditionNode a, ConditionNode b)
    {
        constants.Sort();
        var candidates = new List<double> { constants[0] - 1, constants[^1] + 1 };
        for (var i = 0; i < constants.Count; i++)
        {
            candidates.Add(constants[i]);
            if (i > 0) candidates.Add((constants[i] + constants[i - 1]) / 2);
        }
        foreach (var x in candidates)
        {
            if (!TestAt(a, x) || !TestAt(b, x)) continue;
            if (texts.Count == 0) return x.ToString("0.###", CultureInfo.InvariantCulture);
            return x >= 0 && x < texts.Count && x == Math.Floor(x) ? $"\"{texts[(int)x]}\"" : "any other text";
        }
        return null;
    }

    private int PlaceOf(TextComparisonNode node)
    {
        var text = ((node.Left as LiteralTextNode) ?? (node.Right as LiteralTextNode))?.Text ?? "";
        if (!texts.Contains(text)) texts.Add(text);
        return texts.IndexOf(text);
    }

    private bool TestAt(ConditionNode node, double x) => node switch
    {
        ComparisonNode { Left: ConstantNode left } c => ComparisonNode.Compare(c.Operator, left.Value, x),
        ComparisonNode { Right: ConstantNode right } c => ComparisonNode.Compare(c.Operator, x, right.Value),
        TextComparisonNode c => (x == PlaceOf(c)) == c.Equal,
        IsTrueNode => x != 0,
        NotNode not => !TestAt(not.Operand, x),
        JunctionNode { All: true } all => Array.TrueForAll(all.Operands, operand => TestAt(operand, x)),
        JunctionNode any => Array.Exists(any.Operands, operand => TestAt(operand, x)),
        _ => false,
    };
}
