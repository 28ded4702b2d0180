namespace CityEdge.Rules;

/// <summary>A part of an expression that is true, false or unknown.</summary>
internal abstract class ConditionNode
{
    public abstract Truth Test(in EvaluationContext context);

    /// <summary>Calls <paramref name="visit"/> on every comparison below.</summary>
    public abstract void Visit(Action<ConditionNode> visit);
}

/// <summary>How two numbers are compared.</summary>
internal enum ComparisonOperator : byte
{
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// <summary><c>a &lt; b</c> and its kin; unknown when a side is.</summary>
internal sealed class ComparisonNode(ComparisonOperator operation, NumberNode left, NumberNode right) : ConditionNode
{
    public ComparisonOperator Operator => operation;

    public NumberNode Left => left;

    public NumberNode Right => right;

    public override Truth Test(in EvaluationContext context)
    {
        var (a, b) = (left.Evaluate(context), right.Evaluate(context));
        return double.IsNaN(a) || double.IsNaN(b) ? Truth.Unknown : Compare(operation, a, b) ? Truth.True : Truth.False;
    }

    public static bool Compare(ComparisonOperator operation, double a, double b) => operation switch
    {
        ComparisonOperator.Less => a < b,
        ComparisonOperator.LessOrEqual => a <= b,
        ComparisonOperator.Greater => a > b,
        ComparisonOperator.GreaterOrEqual => a >= b,
        ComparisonOperator.Equal => a.Equals(b),
        _ => !a.Equals(b),
    };

    public override void Visit(Action<ConditionNode> visit) => visit(this);
}

/// <summary>A boolean point's <c>value</c> used as a condition.</summary>
internal sealed class IsTrueNode(NumberNode operand) : ConditionNode
{
    public NumberNode Operand => operand;

    public override Truth Test(in EvaluationContext context)
    {
        var number = operand.Evaluate(context);
        return double.IsNaN(number) ? Truth.Unknown : number != 0 ? Truth.True : Truth.False;
    }

    public override void Visit(Action<ConditionNode> visit) => visit(this);
}

/// <summary><c>not</c>.</summary>
internal sealed class NotNode(ConditionNode operand) : ConditionNode
{
    public ConditionNode Operand => operand;

    public override Truth Test(in EvaluationContext context) => operand.Test(context) switch
    {
        Truth.True => Truth.False,
        Truth.False => Truth.True,
        _ => Truth.Unknown,
    };

    public override void Visit(Action<ConditionNode> visit) => operand.Visit(visit);
}

/// <summary><c>and</c>, <c>all(…)</c> when <paramref name="all"/>; else <c>or</c>, <c>any(…)</c>.</summary>
internal sealed class JunctionNode(bool all, ConditionNode[] operands) : ConditionNode
{
    public bool All => all;

    public ConditionNode[] Operands => operands;

    public override Truth Test(in EvaluationContext context)
    {
        var deciding = all ? Truth.False : Truth.True;
        var result = all ? Truth.True : Truth.False;
        foreach (var operand in operands)
        {
            var truth = operand.Test(context);
            if (truth == deciding) return deciding;
            if (truth == Truth.Unknown) result = Truth.Unknown;
        }
        return result;
    }

    public override void Visit(Action<ConditionNode> visit)
    {
        foreach (var operand in operands) operand.Visit(visit);
    }
}
