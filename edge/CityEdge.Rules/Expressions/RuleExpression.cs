namespace CityEdge.Rules;

/// <summary>A condition of a rule, compiled. Evaluating it allocates nothing.</summary>
public sealed class RuleExpression
{
    internal RuleExpression(string source, int line, int column, ConditionNode condition) => (Source, Line, Column, Condition) = (source, line, column, condition);

    /// <summary>The text as written.</summary>
    public string Source { get; }

    /// <summary>Line of its first character, from 1.</summary>
    public int Line { get; }

    /// <summary>Column of its first character, from 1.</summary>
    public int Column { get; }

    internal ConditionNode Condition { get; }

    /// <inheritdoc />
    public override string ToString() => Source;
}
