namespace CityEdge.Rules;

/// <summary>What event rules have besides, or instead: an event has fields of data, not a value.</summary>
internal sealed partial class ExpressionParser
{
    private const string OfEvents = "count(event, 10m), last(50, data.NAME == false), data.NAME, age, attr.NAME, days_since, abs, all and any";

    /// <summary>Null for what means the same as in a rule on points.</summary>
    private Part? NamedOfEvent(Token token, bool calls)
    {
        if (token.Text.StartsWith("data.", StringComparison.Ordinal))
        {
            var name = token.Text[5..];
            if (name.Length == 0 || name.Split('.').Contains("")) throw new ExpressionException(token.Offset, "expected a field's name after 'data.', e.g. data.success");
            return new Part(null, scope.Data(name), Quantity.Absolute, token.Offset);
        }
        switch (token.Text)
        {
            case "event":
                throw new ExpressionException(token.Offset, "'event' is counted, e.g. count(event, 10m) >= 3; that there was one in the last 10 minutes is age < 10m");
            case "value":
                throw new ExpressionException(token.Offset, "an event has no value; compare a field of its data, e.g. data.success == false");
            case "count" when calls && !overSamples:
                return EventCount(token);
        }
        if (overSamples && token.Text is "age" or "last") throw new ExpressionException(token.Offset, $"'{token.Text}' has no meaning for one event; inside last(…) and count(…) compare data.NAME or attr.NAME");
        // What looks at points would see them as they are now, not as they were at an event that comes late.
        if (calls && token.Text is not ("last" or "abs" or "all" or "any" or "attr" or "days_since")) throw new ExpressionException(token.Offset, $"'{token.Text}' is not over events; there are {OfEvents}");
        return null;
    }

    private Part EventCount(Token token)
    {
        Expect("(");
        var from = at;
        ConditionNode? condition = null;
        if (!Take("event"))
        {
            if (Now.Kind == TokenKind.Duration) throw new ExpressionException(Now.Offset, "expected what is counted, e.g. count(event, 10m) or count(data.success == false, 10m)");
            Enter(token.Offset);
            overSamples = true;
            condition = AsCondition(Or());
            overSamples = false;
            depth--;
        }
        var key = string.Join(' ', tokens[from..at].Select(t => t.Text));
        Expect(",");
        if (Now.Kind != TokenKind.Duration || Now.Number < 1) throw new ExpressionException(Now.Offset, $"expected a duration, e.g. count(event, 10m), found '{Now.Text}'");
        var window = (long)Now.Number;
        at++;
        Expect(")");
        scope.EventWindowsMs.Add(window);
        return new Part(null, new EventCountNode(window, condition, key), Quantity.Absolute, token.Offset);
    }
}
