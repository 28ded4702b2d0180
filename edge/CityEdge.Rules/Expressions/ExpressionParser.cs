using System.Globalization;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// Recursive descent over the tokens: <c>or</c> &lt; <c>and</c> &lt; <c>not</c> &lt; comparison &lt; <c>+ -</c> &lt; <c>* /</c> &lt; unary minus. Nesting is bounded, so no text can exhaust the stack.
/// </summary>
internal sealed partial class ExpressionParser
{
    private const int MaxDepth = 64;
    private const int MaxTokens = 1000;

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
        var condition = parser.AsCondition(node);
        parser.SettleAttributes();
        return condition;
    }

    private Token Now => tokens[at];

    /// <summary>A condition or a number with what it stands for.</summary>
    private readonly record struct Part(ConditionNode? Condition, NumberNode? Number, Quantity Quantity, int Offset, Token? Literal = null, PointKind? Kind = null, string? Text = null, TextNode? AsText = null);

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
        if (part.Number is DataNode) return new IsTrueNode(part.Number);
        if (part.Number is ValueNode or OtherPointNode && part.Kind is PointKind.Contact or null) return new IsTrueNode(part.Number);
        if (IsText(part)) throw new ExpressionException(part.Offset, "expected a condition, found a text; compare it, e.g. value == \"open\"");
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
        if (IsText(left) || IsText(right)) return TextComparison(left, right, operation, sign);
        if (left.Condition is not null || right.Condition is not null) throw new ExpressionException(sign.Offset, "expected numbers on both sides of a comparison");
        var leftIsDuration = left.Quantity == Quantity.Duration;
        if (leftIsDuration != (right.Quantity == Quantity.Duration))
        {
            var (duration, other) = leftIsDuration ? (left, right) : (right, left);
            if (other.Number is DaysSinceNode) throw new ExpressionException(duration.Offset, "days_since is a number of days; write it alone, e.g. days_since(attr.inspected) > 15");
            throw duration.Number is AgeNode
                ? new ExpressionException(other.Offset, "age is compared with a duration, e.g. age > 10m")
                : new ExpressionException(duration.Offset, "a duration is compared with age only; write '15 m', with a space, for 15 metres");
        }
        var quantity = Joined(left, right);
        var kind = KindOf(left, right, sign);
        var (a, b) = (Settle(left, quantity, kind), Settle(right, quantity, kind));
        if (leftIsDuration) AddAge(left, right, sign);
        return new Part(CountCondition(operation, a, b) ?? new ComparisonNode(operation, a, b), null, default, left.Offset);
    }

    /// <summary>What a literal stands for beside another quantity; the more special one decides.</summary>
    private static Quantity Joined(Part a, Part b) =>
        Special(a, b) ?? (a.Quantity == Quantity.Difference || b.Quantity == Quantity.Difference ? Quantity.Difference : Quantity.Absolute);

    private static Quantity? Special(Part a, Part b) => IsSpecial(a.Quantity) ? a.Quantity : IsSpecial(b.Quantity) ? b.Quantity : null;

    private static bool IsSpecial(Quantity quantity) => quantity is Quantity.Rate or Quantity.Share or Quantity.Number;

    /// <summary>The kind that units on either side follow; null when neither has one.</summary>
    private static PointKind? KindOf(Part left, Part right, Token sign)
    {
        if (left.Kind is { } a && right.Kind is { } b && a != b)
            throw new ExpressionException(sign.Offset, $"'{sign.Text}' is between {a.ToString().ToLowerInvariant()} and {b.ToString().ToLowerInvariant()}; expected the same kind on both sides (a point's kind can be named: point(\"pump.running\", contact))");
        return left.Kind ?? right.Kind;
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
            var kind = KindOf(left, right, sign);
            // value - 2 K is a value; value - attr.design and delta(10m) + 2 K are differences.
            var difference = left.Quantity == Quantity.Difference || (sign.Text == "-" && right.Literal is null);
            var node = new ArithmeticNode(sign.Text[0], Settle(left, Special(left, right) ?? (left.Literal is null ? Quantity.Absolute : Quantity.Difference), kind), Settle(right, Special(left, right) ?? Quantity.Difference, kind));
            left = new Part(null, node, Special(left, right) ?? (difference ? Quantity.Difference : Quantity.Absolute), left.Offset, Kind: kind);
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
            var node = new ArithmeticNode(sign.Text[0], Settle(left, Quantity.Difference, right.Kind), Settle(right, Quantity.Difference, left.Kind));
            var difference = left.Quantity == Quantity.Difference || right.Quantity == Quantity.Difference;
            // What two kinds make together has no kind of its own; a number beside one leaves it as it is.
            left = new Part(null, node, Special(left, right) ?? (difference ? Quantity.Difference : Quantity.Absolute), left.Offset, Kind: left.Kind is null || right.Kind is null ? left.Kind ?? right.Kind : null);
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
                return new Part(null, null, default, token.Offset, Text: token.Text);
            default:
                throw new ExpressionException(token.Offset, $"expected a value, a number or '(', found '{token.Text}'");
        }
    }

    /// <summary>Gives a literal with a unit its canonical value, as an absolute value or a difference, as its place in the expression demands.</summary>
    private NumberNode Settle(Part part, Quantity quantity, PointKind? beside)
    {
        if (part.Literal is not { Unit: { } unit } literal) return part.Number!;
        if (quantity == Quantity.Number) throw new ExpressionException(literal.Offset, $"'{unit}': a count has no unit; write the number alone");
        if (quantity == Quantity.Share)
        {
            return unit is "%" ? new ConstantNode(literal.Number / 100) : throw new ExpressionException(literal.Offset, $"'{unit}' is not a unit of a share or of anomaly(), which run from 0 to 1; write e.g. 0.5 or 50 %");
        }
        if (scope.IsEvent) throw new ExpressionException(literal.Offset, "a field of an event has no unit; write the number alone");
        if ((beside ?? scope.Kind) is not { } kind) throw new ExpressionException(literal.Offset, "a rule on any kind of point has no unit; write the number alone");
        if (quantity == Quantity.Rate)
        {
            if (RateUnit.TryConvert(literal.Number, unit, kind, out var rate)) return new ConstantNode(rate);
            throw new ExpressionException(literal.Offset, $"'{unit}' is not a unit of {kind.ToString().ToLowerInvariant()} per time; a rate is compared with e.g. 5 K/h, or with a number alone, which is per hour");
        }
        if (!Units.TryConvert(literal.Number, unit, kind, out var canonical))
        {
            var hint = unit is "s" or "m" or "h" or "d" or "min" ? string.Create(CultureInfo.InvariantCulture, $"; a duration is written without a space, {literal.Number}{unit[0]}") : "";
            throw new ExpressionException(literal.Offset, $"'{unit}' is not a unit of {kind.ToString().ToLowerInvariant()}{hint}");
        }
        if (quantity == Quantity.Difference && Units.TryConvert(0, unit, kind, out var zero)) canonical -= zero;
        return new ConstantNode(canonical);
    }
}
