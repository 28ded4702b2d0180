using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Attributes, and texts: those of points and of attributes are compared with <c>==</c> and <c>!=</c>.</summary>
internal sealed partial class ExpressionParser
{
    /// <summary>The attributes of this expression; what each is taken for is known at its end.</summary>
    private readonly List<AttributeNode> attributes = [];

    /// <summary><c>attr.NAME</c>, or <c>attr("NAME")</c> for a name that is no word.</summary>
    private Part Attribute(Token token)
    {
        string name;
        if (token.Text == "attr")
        {
            Expect("(");
            if (Now.Kind != TokenKind.Text || Now.Text.Length == 0) throw new ExpressionException(Now.Offset, $"expected an attribute's name in quotes, e.g. attr(\"heat source\"), found '{Now.Text}'");
            name = Now.Text;
            at++;
            Expect(")");
        }
        else
        {
            name = token.Text[5..];
            if (name.Length == 0) throw new ExpressionException(token.Offset, "expected an attribute's name after 'attr.', e.g. attr.design_level");
        }
        var node = new AttributeNode(scope.SlotOf(name), name, token.Offset);
        attributes.Add(node);
        return new Part(null, node, Quantity.Absolute, token.Offset, AsText: new AttributeTextNode(node.Slot, name));
    }

    private Part DaysSince(Token token)
    {
        Expect("(");
        if (Now.Kind != TokenKind.Name || !(Now.Text == "attr" || Now.Text.StartsWith("attr.", StringComparison.Ordinal))) throw new ExpressionException(Now.Offset, $"expected an attribute that is a date, e.g. days_since(attr.inspected), found '{Now.Text}'");
        at++;
        var node = (AttributeNode)Attribute(tokens[at - 1]).Number!;
        node.Use = AttributeUse.Date;
        Expect(")");
        return new Part(null, new DaysSinceNode(node.Slot, node.Name), Quantity.Number, token.Offset);
    }

    /// <summary>One attribute is a number or a text in all of a rule.</summary>
    private void SettleAttributes()
    {
        foreach (var node in attributes)
        {
            var before = scope.AttributeUses[node.Slot];
            if (before != AttributeUse.None && (before == AttributeUse.Number) != (node.Use == AttributeUse.Number))
            {
                throw new ExpressionException(node.Offset, node.Use == AttributeUse.Number
                    ? $"'{node.Key}' is a text elsewhere in this rule, and a number here; an attribute is one of them"
                    : $"'{node.Key}' is a number elsewhere in this rule, and a text or a date here; an attribute is one of them");
            }
            scope.AttributeUses[node.Slot] |= node.Use;
        }
    }

    /// <summary>True where a side can be nothing but a text.</summary>
    private static bool IsText(Part part) => part.Text is not null || (part.Number is null && part.AsText is not null);

    /// <summary><c>value == "open"</c>, <c>attr.source == "gas"</c>, <c>data.state == "failed"</c>.</summary>
    private Part TextComparison(Part left, Part right, ComparisonOperator operation, Token sign)
    {
        if (operation is not (ComparisonOperator.Equal or ComparisonOperator.NotEqual)) throw new ExpressionException(sign.Offset, "texts are compared with == and !=");
        if (left.Text is not null && right.Text is not null) throw new ExpressionException(right.Offset, "two texts in quotes never change; expected on one side value, attr.NAME, point(…) or data.NAME");
        foreach (var part in (Part[])[left, right])
        {
            if (part.Text is { Length: > AttributeValue.MaxTextLength }) throw new ExpressionException(part.Offset, $"expected a text of at most {AttributeValue.MaxTextLength} characters");
        }
        ConditionNode node;
        if ((left.Number ?? right.Number) is DataNode data && (left.Text ?? right.Text) is { } text)
        {
            data.Text = text;
            node = new IsTrueNode(data);
            if (operation == ComparisonOperator.NotEqual) node = new NotNode(node);
        }
        else
        {
            node = new TextComparisonNode(operation == ComparisonOperator.Equal, TextOf(left, right), TextOf(right, left));
        }
        return new Part(node, null, default, left.Offset);
    }

    private TextNode TextOf(Part part, Part beside)
    {
        if (part.Text is { } text) return new LiteralTextNode(text);
        if (part.Number is AttributeNode attribute)
        {
            if (beside.Text is { } literal && AttributeValue.ReadsAsNumber(literal, out _)) throw new ExpressionException(beside.Offset, $"an attribute that reads as a number is one; write {literal} without quotes");
            attribute.Use = AttributeUse.Text;
        }
        if (part.AsText is not { } node)
        {
            var what = scope.IsEvent ? "data.NAME of an event or attr.NAME" : "attr.NAME, or with value and point(…) where they are of kind text";
            throw new ExpressionException(part.Offset, $"a text is compared with {what}");
        }
        if (overSamples && node is not AttributeTextNode) throw new ExpressionException(part.Offset, "texts are not kept one by one; expected inside last(…) a comparison of numbers");
        return node;
    }
}
