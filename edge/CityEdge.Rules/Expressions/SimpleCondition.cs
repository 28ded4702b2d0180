namespace CityEdge.Rules;

/// <summary>
/// Conditions that compare one quantity with constants only, e.g. <c>value &gt; 60 or value &lt; -10</c>. For these it is decided exactly whether two can be true together: truth changes only at the constants,
/// so trying each constant, a point between each two, and one beyond either end tries everything.
/// </summary>
internal static class SimpleCondition
{
    /// <summary>The one quantity and all constants; false when the condition is not simple.</summary>
    public static bool TryDescribe(ConditionNode condition, out string subject, List<double> constants)
    {
        string? found = null;
        var simple = true;
        condition.Visit(node =>
        {
            var key = node switch
            {
                ComparisonNode { Left: not ConstantNode, Right: ConstantNode } c => c.Left.Key,
                ComparisonNode { Left: ConstantNode, Right: not ConstantNode } c => c.Right.Key,
                IsTrueNode c => c.Operand.Key,
                _ => null,
            };
            if (key is null || (found is not null && found != key)) simple = false;
            found = key ?? found;
            if (node is ComparisonNode comparison)
            {
                if (comparison.Left is ConstantNode left) constants.Add(left.Value);
                if (comparison.Right is ConstantNode right) constants.Add(right.Value);
            }
            else
            {
                constants.Add(0);
            }
        });
        subject = found ?? "";
        return simple && found is not null;
    }

    /// <summary>A value at which both are true; null when there is none, or when it cannot be decided.</summary>
    public static double? FindOverlap(ConditionNode a, ConditionNode b)
    {
        var constants = new List<double>();
        if (!TryDescribe(a, out var subjectA, constants) || !TryDescribe(b, out var subjectB, constants) || subjectA != subjectB) return null;
        constants.Sort();
        var candidates = new List<double> { constants[0] - 1, constants[^1] + 1 };
        for (var i = 0; i < constants.Count; i++)
        {
            candidates.Add(constants[i]);
            if (i > 0) candidates.Add((constants[i] + constants[i - 1]) / 2);
        }
        foreach (var x in candidates)
        {
            if (TestAt(a, x) && TestAt(b, x)) return x;
        }
        return null;
    }

    private static bool TestAt(ConditionNode node, double x) => node switch
    {
        ComparisonNode { Left: ConstantNode left } c => ComparisonNode.Compare(c.Operator, left.Value, x),
        ComparisonNode { Right: ConstantNode right } c => ComparisonNode.Compare(c.Operator, x, right.Value),
        IsTrueNode => x != 0,
        NotNode not => !TestAt(not.Operand, x),
        JunctionNode { All: true } all => Array.TrueForAll(all.Operands, operand => TestAt(operand, x)),
        JunctionNode any => Array.Exists(any.Operands, operand => TestAt(operand, x)),
        _ => false,
    };
}
