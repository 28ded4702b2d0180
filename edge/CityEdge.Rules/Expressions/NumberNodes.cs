namespace CityEdge.Rules;

/// <summary>A part of an expression that yields a number; NaN means unknown.</summary>
internal abstract class NumberNode
{
    public abstract double Evaluate(in EvaluationContext context);

    /// <summary>Canonical text: equal texts are the same quantity.</summary>
    public abstract string Key { get; }
}

/// <summary>A number already converted to the canonical unit.</summary>
internal sealed class ConstantNode(double value) : NumberNode
{
    public double Value { get; } = value;

    public override double Evaluate(in EvaluationContext context) => Value;

    public override string Key => Value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary><c>value</c>.</summary>
internal sealed class ValueNode : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => context.Value;

    public override string Key => "value";
}

/// <summary><c>age</c>, seconds of event time since the last reading.</summary>
internal sealed class AgeNode : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => context.AgeMs / 1000d;

    public override string Key => "age";
}

/// <summary><c>mean(5m)</c> and its kin.</summary>
internal sealed class WindowNode(WindowFunction function, long windowMs) : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => context.History is { } history ? history.Evaluate(function, windowMs, context.NowMs) : double.NaN;

    public override string Key => $"{function}({windowMs})";
}

/// <summary><c>last(N, condition)</c>: the share of the last N values, or events, for which it is true; unknown until there are N, or while it is unknown for one of them.</summary>
internal sealed class LastNode(int count, ConditionNode condition, string key) : NumberNode
{
    public override double Evaluate(in EvaluationContext context)
    {
        var (recent, events) = (context.Recent, context.Events);
        if ((events?.Count ?? recent?.Count ?? 0) < count) return double.NaN;
        var one = context;
        var met = 0;
        for (var back = 0; back < count; back++)
        {
            if (events is null) (one.Value, one.Quality) = (recent![back], recent.QualityOf(back));
            else one.EventBack = back;
            var truth = condition.Test(one);
            if (truth == Truth.Unknown) return double.NaN;
            if (truth == Truth.True) met++;
        }
        return (double)met / count;
    }

    public override string Key => $"last({count},{key})";
}

/// <summary><c>+ - * /</c>.</summary>
internal sealed class ArithmeticNode(char operation, NumberNode left, NumberNode right) : NumberNode
{
    public override double Evaluate(in EvaluationContext context)
    {
        var (a, b) = (left.Evaluate(context), right.Evaluate(context));
        var result = operation switch { '+' => a + b, '-' => a - b, '*' => a * b, _ => a / b };
        // Division by zero says nothing about the world: unknown, not infinitely large.
        return double.IsFinite(result) ? result : double.NaN;
    }

    public override string Key => $"({left.Key}{operation}{right.Key})";
}

/// <summary>Unary minus.</summary>
internal sealed class NegateNode(NumberNode operand) : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => -operand.Evaluate(context);

    public override string Key => $"-{operand.Key}";
}

/// <summary><c>abs(x)</c>.</summary>
internal sealed class AbsoluteNode(NumberNode operand) : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => Math.Abs(operand.Evaluate(context));

    public override string Key => $"abs({operand.Key})";
}
