using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Names and functions.</summary>
internal sealed partial class ExpressionParser
{
    private static readonly Dictionary<string, WindowFunction> Windows = new(StringComparer.Ordinal)
    {
        ["mean"] = WindowFunction.Mean, ["min"] = WindowFunction.Min, ["max"] = WindowFunction.Max,
        ["sum"] = WindowFunction.Sum, ["count"] = WindowFunction.Count, ["delta"] = WindowFunction.Delta,
        ["rate"] = WindowFunction.Rate, ["stddev"] = WindowFunction.Deviation, ["median"] = WindowFunction.Median,
    };

    private const string Available = "mean, min, max, sum, count, delta, rate, stddev, median, window, last, share, votes, point, anomaly, forecast, days_since, quality, abs, all, any, age and attr.NAME";

    /// <summary>Inside <c>last(N, …)</c>: the condition is about one value at a time.</summary>
    private bool overSamples;

    private Part Named(Token token)
    {
        var calls = Now is { Kind: TokenKind.Symbol, Text: "(" };
        if (scope.IsEvent && NamedOfEvent(token, calls) is { } part) return part;
        if (overSamples && (token.Text is "age" or "last" or "point" or "anomaly" or "forecast" or "window" || (Windows.ContainsKey(token.Text) && calls)))
            throw new ExpressionException(token.Offset, $"'{token.Text}' has no meaning for one sample; inside last(…) compare value or attr.NAME, e.g. last(50, value > 60)");
        if (token.Text.StartsWith("data.", StringComparison.Ordinal)) throw new ExpressionException(token.Offset, "data is of events; a rule with signal: compares value");
        if (IsGroupFunction(token)) return Group(token);
        if (token.Text is "value" or "age" or "anomaly" or "forecast" || (calls && (token.Text is "last" or "window" or "quality" || Windows.ContainsKey(token.Text))))
        {
            if (!overMembers) scope.UsePoint(token);
            else if (token.Text == "age") throw new ExpressionException(token.Offset, "age has no meaning here: values that are too old do not count");
        }
        switch (token.Text)
        {
            case "value" when scope.Kind == PointKind.Text:
                return new Part(null, null, default, token.Offset, AsText: new ValueTextNode());
            case "value":
                return new Part(null, new ValueNode(), Quantity.Absolute, token.Offset, Kind: scope.Kind, AsText: scope.Kind is null ? new ValueTextNode() : null);
            case "age":
                return new Part(null, new AgeNode(), Quantity.Duration, token.Offset);
            case "true" or "false":
                return new Part(null, new ConstantNode(token.Text == "true" ? 1 : 0), Quantity.Absolute, token.Offset);
            case "all" or "any":
                return Listed(token);
            case "point" when calls:
                return OtherPoint(token);
            case "quality" when calls:
                Expect("(");
                var mark = Now;
                if (!QualityNode.Marks.TryGetValue(mark.Text, out var quality)) throw new ExpressionException(mark.Offset, $"expected one of {string.Join(", ", QualityNode.Marks.Keys)}; found '{mark.Text}'");
                at++;
                Expect(")");
                return new Part(new QualityNode(quality), null, default, token.Offset);
            case "window" when calls:
                return DayWindow(token);
            case "last" when calls:
                return Last(token);
            case "days_since" when calls:
                return DaysSince(token);
            case "attr" when calls:
                return Attribute(token);
            case "anomaly" or "forecast":
                return Learned(token);
            case "abs":
                Expect("(");
                Enter(token.Offset);
                var operand = Sum();
                depth--;
                Expect(")");
                if (operand.Number is null || operand.Quantity == Quantity.Duration) throw new ExpressionException(operand.Offset, "abs takes a number");
                return new Part(null, new AbsoluteNode(Settle(operand, operand.Quantity, operand.Kind)), operand.Quantity, token.Offset, Kind: operand.Kind);
        }
        if (token.Text.StartsWith("attr.", StringComparison.Ordinal)) return Attribute(token);
        if (Windows.TryGetValue(token.Text, out var function) && calls) return Window(token, function);
        throw new ExpressionException(token.Offset, $"unknown name '{token.Text}'; expected a number, {(scope.IsEvent ? OfEvents : "value, or one of " + Available)}");
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

    /// <summary><c>last(50, value &gt; 60)</c>: the share of the last 50 values for which it is true.</summary>
    private Part Last(Token token)
    {
        Expect("(");
        var size = Now;
        if (size.Kind != TokenKind.Number || size.Unit is not null || size.Number is < 1 or > RecentValues.MaxCount || size.Number != Math.Floor(size.Number))
            throw new ExpressionException(size.Offset, $"expected how many samples, 1 to {RecentValues.MaxCount}, e.g. last(50, value > 60), found '{size.Text}'");
        at++;
        Expect(",");
        Enter(token.Offset);
        overSamples = true;
        var from = at;
        var condition = AsCondition(Or());
        overSamples = false;
        depth--;
        Expect(")");
        var count = (int)size.Number;
        scope.LongestRun = Math.Max(scope.LongestRun, count);
        return new Part(null, new LastNode(count, condition, string.Join(' ', tokens[from..(at - 1)].Select(t => t.Text))), Quantity.Share, token.Offset);
    }

    private Part Window(Token token, WindowFunction function)
    {
        Expect("(");
        if (scope.Kind == PointKind.Text && function != WindowFunction.Count) throw new ExpressionException(token.Offset, $"texts have no {token.Text}; over a text point there are count(10m), age and comparisons such as value == \"open\"");
        if (Now is { Kind: TokenKind.Name, Text: "event" }) throw new ExpressionException(token.Offset, "count(event, …) is for rules with event:; over readings count takes one duration, e.g. count(10m)");
        if (Now.Kind != TokenKind.Duration) throw new ExpressionException(Now.Offset, $"expected a duration, e.g. {token.Text}(5m), found '{Now.Text}'");
        var window = Now;
        at++;
        if (window.Number < 1) throw new ExpressionException(window.Offset, "expected a window longer than 0s");
        Expect(")");
        scope.LongestWindowMs = Math.Max(scope.LongestWindowMs, (long)window.Number);
        return new Part(null, new WindowNode(function, (long)window.Number), QuantityOf(function), token.Offset, Kind: function == WindowFunction.Count ? null : scope.Kind);
    }

    private static Quantity QuantityOf(WindowFunction function) => function switch
    {
        WindowFunction.Delta or WindowFunction.Deviation => Quantity.Difference,
        WindowFunction.Rate => Quantity.Rate,
        _ => Quantity.Absolute,
    };
}
