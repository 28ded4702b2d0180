using System.Globalization;
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
}

/// <summary>What the expressions of one rule share and need.</summary>
internal sealed class ExpressionScope(PointKind? kind)
{
    public PointKind? Kind { get; } = kind;

    /// <summary>Attribute names; the index is the slot.</summary>
    public List<string> Attributes { get; } = [];

    /// <summary>Longest window, ms; 0 when none.</summary>
    public long LongestWindowMs { get; set; }

    /// <summary>Ages at which a condition over <c>age</c> may change, ms, ascending after <see cref="RuleParser"/>.</summary>
    public SortedSet<long> AgeThresholdsMs { get; } = [];

    public int SlotOf(string name)
    {
        var slot = Attributes.IndexOf(name);
        if (slot >= 0) return slot;
        Attributes.Add(name);
        return Attributes.Count - 1;
    }
}

/// <summary>
/// Recursive descent over the tokens: <c>or</c> &lt; <c>and</c> &lt; <c>not</c> &lt; comparison &lt; <c>+ -</c> &lt; <c>* /</c> &lt; unary minus. Nesting is bounded, so no text can exhaust the stack.
/// </summary>
internal sealed class ExpressionParser
{
    private const int MaxDepth = 64;
    private const int MaxTokens = 1000;

    private static readonly string[] NotYet =
        ["stddev", "median", "last", "rate", "share", "votes", "window", "days_since", "point", "anomaly", "forecast"];

    private static readonly Dictionary<string, WindowFunction> Windows = new(StringComparer.Ordinal)
    {
        ["mean"] = WindowFunction.Mean, ["min"] = WindowFunction.Min, ["max"] = WindowFunction.Max,
        ["sum"] = WindowFunction.Sum, ["count"] = WindowFunction.Count, ["delta"] = WindowFunction.Delta,
    };

    private readonly List<Token> tokens;
    private readonly ExpressionScope scope;
    private int at;
    private int depth;

    private ExpressionParser(List<Token> tokens, ExpressionScope scope) => (this.tokens, this.scope) = (tokens, scope);

    /// <summary>Parses a whole condition; throws <see cref="ExpressionException"/>.</summary>
    public static ConditionNode Parse(string text, ExpressionScope scope)
    {
        var tokens = ExpressionLexer.Split(text);
        if (tokens.Count > MaxTokens) throw new ExpressionException(0, $"expected at most {MaxTokens} words and signs");
        var parser = new ExpressionParser(tokens, scope);
        var node = parser.Or();
        if (parser.Now.Kind != TokenKind.End) throw new ExpressionException(parser.Now.Offset, $"expected 'and', 'or' or the end of the expression, found '{parser.Now.Text}'");
        return parser.AsCondition(node);
    }

    private Token Now => tokens[at];

    /// <summary>A condition or a number with what it stands for.</summary>
    private readonly record struct Part(ConditionNode? Condition, NumberNode? Number, Quantity Quantity, int Offset, Token? Literal = null);

    private bool Take(string text)
    {
        if (Now.Kind is not (TokenKind.Symbol or TokenKind.Name) || Now.Text != text) return false;
        at++;
        return true;
    }

    private void Expect(string text)
    {
        if (!Take(text)) throw new ExpressionException(Now.Offset, $"expected '{text}', found '{Now.Text}'");
    }

    private ConditionNode AsCondition(Part part)
    {
        if (part.Condition is { } condition) return condition;
        if (part.Number is ValueNode value && scope.Kind is PointKind.Contact or null && part.Literal is null) return new IsTrueNode(value);
        throw new ExpressionException(part.Offset, "expected a condition, found a number; compare it, e.g. value < 18");
    }

    private Part Or() => Junction("or", all: false, And);

    private Part And() => Junction("and", all: true, Not);

    private Part Junction(string word, bool all, Func<Part> operand)
    {
        var first = operand();
        if (Now.Kind != TokenKind.Name || Now.Text != word) return first;
        var operands = new List<ConditionNode> { AsCondition(first) };
        while (Take(word)) operands.Add(AsCondition(operand()));
        return new Part(new JunctionNode(all, [.. operands]), null, default, first.Offset);
    }

    private Part Not()
    {
        var offset = Now.Offset;
        if (Now.Kind == TokenKind.Name && Take("not"))
        {
            Enter(offset);
            var operand = AsCondition(Not());
            depth--;
            return new Part(new NotNode(operand), null, default, offset);
        }
        return Comparison();
    }

    private Part Comparison()
    {
        var left = Sum();
        if (OperatorOf(Now) is not { } operation) return left;
        var sign = Now;
        at++;
        var right = Sum();
        if (OperatorOf(Now) is not null) throw new ExpressionException(Now.Offset, "comparisons are not chained; write 16 <= value and value < 18");
        if (left.Condition is not null || right.Condition is not null) throw new ExpressionException(sign.Offset, "expected numbers on both sides of a comparison");
        var leftIsDuration = left.Quantity == Quantity.Duration;
        if (leftIsDuration != (right.Quantity == Quantity.Duration))
        {
            var (duration, other) = leftIsDuration ? (left, right) : (right, left);
            throw duration.Number is AgeNode
                ? new ExpressionException(other.Offset, "age is compared with a duration, e.g. age > 10m")
                : new ExpressionException(duration.Offset, "a duration is compared with age only; write '15 m', with a space, for 15 metres");
        }
        var quantity = left.Quantity == Quantity.Difference || right.Quantity == Quantity.Difference ? Quantity.Difference : Quantity.Absolute;
        var (a, b) = (Settle(left, quantity), Settle(right, quantity));
        if (leftIsDuration) AddAge(left, right, sign);
        return new Part(new ComparisonNode(operation, a, b), null, default, left.Offset);
    }

    private void AddAge(Part left, Part right, Token sign)
    {
        var constant = (left.Number, right.Number) switch
        {
            (AgeNode, ConstantNode c) => c,
            (ConstantNode c, AgeNode) => c,
            _ => throw new ExpressionException(sign.Offset, "age is compared directly with a duration, e.g. age > 10m"),
        };
        var ms = (long)Math.Round(constant.Value * 1000);
        scope.AgeThresholdsMs.Add(ms);
        scope.AgeThresholdsMs.Add(ms + 1);
    }

    private static ComparisonOperator? OperatorOf(Token token) => token.Kind != TokenKind.Symbol ? null : token.Text switch
    {
        "<" => ComparisonOperator.Less,
        "<=" => ComparisonOperator.LessOrEqual,
        ">" => ComparisonOperator.Greater,
        ">=" => ComparisonOperator.GreaterOrEqual,
        "==" => ComparisonOperator.Equal,
        "!=" => ComparisonOperator.NotEqual,
        _ => null,
    };

    private Part Sum()
    {
        var left = Product();
        while (Now is { Kind: TokenKind.Symbol, Text: "+" or "-" } sign)
        {
            at++;
            var right = Product();
            RequireNumbers(left, right, sign);
            // value - 2 K is a value; value - attr.design and delta(10m) + 2 K are differences.
            var difference = left.Quantity == Quantity.Difference || (sign.Text == "-" && right.Literal is null);
            var node = new ArithmeticNode(sign.Text[0], Settle(left, left.Literal is null ? Quantity.Absolute : Quantity.Difference), Settle(right, Quantity.Difference));
            left = new Part(null, node, difference ? Quantity.Difference : Quantity.Absolute, left.Offset);
        }
        return left;
    }

    private Part Product()
    {
        var left = Unary();
        while (Now is { Kind: TokenKind.Symbol, Text: "*" or "/" } sign)
        {
            at++;
            var right = Unary();
            RequireNumbers(left, right, sign);
            var node = new ArithmeticNode(sign.Text[0], Settle(left, Quantity.Difference), Settle(right, Quantity.Difference));
            var difference = left.Quantity == Quantity.Difference || right.Quantity == Quantity.Difference;
            left = new Part(null, node, difference ? Quantity.Difference : Quantity.Absolute, left.Offset);
        }
        return left;
    }

    private static void RequireNumbers(Part left, Part right, Token sign)
    {
        if (left.Number is null || right.Number is null) throw new ExpressionException(sign.Offset, $"expected numbers on both sides of '{sign.Text}'");
        if (left.Quantity == Quantity.Duration || right.Quantity == Quantity.Duration)
            throw new ExpressionException(sign.Offset, "age and durations are not calculated with; compare them directly, e.g. age > 10m");
    }

    private Part Unary()
    {
        var offset = Now.Offset;
        if (Now.Kind == TokenKind.Symbol && Take("-"))
        {
            Enter(offset);
            var operand = Unary();
            depth--;
            if (operand.Number is null || operand.Quantity == Quantity.Duration) throw new ExpressionException(offset, "expected a number after '-'");
            if (operand.Literal is { } literal)
            {
                var negative = literal with { Number = -literal.Number };
                return new Part(null, new ConstantNode(negative.Number), Quantity.Absolute, offset, negative);
            }
            return operand with { Number = new NegateNode(operand.Number), Offset = offset };
        }
        return Primary();
    }

    private void Enter(int offset)
    {
        if (++depth > MaxDepth) throw new ExpressionException(offset, $"expected at most {MaxDepth} levels of brackets and signs");
    }

    private Part Primary()
    {
        var token = Now;
        at++;
        switch (token.Kind)
        {
            case TokenKind.Number:
                return new Part(null, new ConstantNode(token.Number), Quantity.Absolute, token.Offset, token);
            case TokenKind.Duration:
                return new Part(null, new ConstantNode(token.Number / 1000), Quantity.Duration, token.Offset);
            case TokenKind.Symbol when token.Text == "(":
                Enter(token.Offset);
                var inner = Or();
                Expect(")");
                depth--;
                return inner;
            case TokenKind.Name:
                return Named(token);
            case TokenKind.Text:
                throw new ExpressionException(token.Offset, "texts cannot be compared yet; expected a number");
            default:
                throw new ExpressionException(token.Offset, $"expected a value, a number or '(', found '{token.Text}'");
        }
    }

    private Part Named(Token token)
    {
        var calls = Now is { Kind: TokenKind.Symbol, Text: "(" };
        if (NotYet.Contains(token.Text))
            throw new ExpressionException(token.Offset, $"function '{token.Text}' is not available yet; available are mean, min, max, sum, count, delta, abs, all, any, age and attr.NAME");
        switch (token.Text)
        {
            case "value" when scope.Kind == PointKind.Text:
                throw new ExpressionException(token.Offset, "text points cannot be compared yet; only no_data works on them");
            case "value":
                return new Part(null, new ValueNode(), Quantity.Absolute, token.Offset);
            case "age":
                return new Part(null, new AgeNode(), Quantity.Duration, token.Offset);
            case "true" or "false":
                return new Part(null, new ConstantNode(token.Text == "true" ? 1 : 0), Quantity.Absolute, token.Offset);
            case "all" or "any":
                return Listed(token);
            case "abs":
                Expect("(");
                Enter(token.Offset);
                var operand = Sum();
                depth--;
                Expect(")");
                if (operand.Number is null || operand.Quantity == Quantity.Duration) throw new ExpressionException(operand.Offset, "abs takes a number");
                return new Part(null, new AbsoluteNode(Settle(operand, operand.Quantity)), operand.Quantity, token.Offset);
        }
        if (token.Text.StartsWith("attr.", StringComparison.Ordinal))
        {
            var name = token.Text[5..];
            if (name.Length == 0) throw new ExpressionException(token.Offset, "expected an attribute's name after 'attr.', e.g. attr.design_level");
            return new Part(null, new AttributeNode(scope.SlotOf(name), name), Quantity.Absolute, token.Offset);
        }
        if (Windows.TryGetValue(token.Text, out var function) && calls) return Window(token, function);
        throw new ExpressionException(token.Offset, $"unknown name '{token.Text}'; expected value, age, attr.NAME, a number, or one of mean, min, max, sum, count, delta, abs, all, any");
    }

    private Part Listed(Token token)
    {
        Expect("(");
        Enter(token.Offset);
        var operands = new List<ConditionNode> { AsCondition(Or()) };
        while (Take(",")) operands.Add(AsCondition(Or()));
        depth--;
        Expect(")");
        return new Part(new JunctionNode(token.Text == "all", [.. operands]), null, default, token.Offset);
    }

    private Part Window(Token token, WindowFunction function)
    {
        Expect("(");
        if (Now is { Kind: TokenKind.Name, Text: "event" }) throw new ExpressionException(token.Offset, "function 'count(event, …)' is not available yet; count takes one duration, e.g. count(10m)");
        if (Now.Kind != TokenKind.Duration) throw new ExpressionException(Now.Offset, $"expected a duration, e.g. {token.Text}(5m), found '{Now.Text}'");
        var window = Now;
        at++;
        if (window.Number < 1) throw new ExpressionException(window.Offset, "expected a window longer than 0s");
        Expect(")");
        scope.LongestWindowMs = Math.Max(scope.LongestWindowMs, (long)window.Number);
        return new Part(null, new WindowNode(function, (long)window.Number), function == WindowFunction.Delta ? Quantity.Difference : Quantity.Absolute, token.Offset);
    }

    /// <summary>Gives a literal with a unit its canonical value, as an absolute value or a difference, as its place in the expression demands.</summary>
    private NumberNode Settle(Part part, Quantity quantity)
    {
        if (part.Literal is not { Unit: { } unit } literal) return part.Number!;
        if (scope.Kind is not { } kind) throw new ExpressionException(literal.Offset, "a rule on any kind of point has no unit; write the number alone");
        if (!Units.TryConvert(literal.Number, unit, kind, out var canonical))
        {
            var hint = unit is "s" or "m" or "h" or "d" or "min" ? string.Create(CultureInfo.InvariantCulture, $"; a duration is written without a space, {literal.Number}{unit[0]}") : "";
            throw new ExpressionException(literal.Offset, $"'{unit}' is not a unit of {kind.ToString().ToLowerInvariant()}{hint}");
        }
        if (quantity == Quantity.Difference && Units.TryConvert(0, unit, kind, out var zero)) canonical -= zero;
        return new ConstantNode(canonical);
    }
}
