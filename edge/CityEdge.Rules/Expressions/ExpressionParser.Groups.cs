namespace CityEdge.Rules;

/// <summary>Functions over the points of an asset: <c>share</c>, <c>count</c> and <c>votes</c>.</summary>
internal sealed partial class ExpressionParser
{
    /// <summary>Inside a function over points: the condition is about one of them.</summary>
    private bool overMembers;

    private bool IsGroupFunction(Token token) => Now is { Kind: TokenKind.Symbol, Text: "(" }
        && (token.Text is "share" or "votes" || (token.Text == "count" && tokens[at + 1] is { Kind: TokenKind.Name } word && word.Text != "event"));

    private Part Group(Token token)
    {
        if (scope.IsEvent) throw new ExpressionException(token.Offset, $"'{token.Text}' is over points; a rule with event: is about one subject");
        if (overSamples || overMembers) throw new ExpressionException(token.Offset, $"'{token.Text}' looks at many points; expected here a condition over one, e.g. value < 18");
        scope.UseMembers(token);
        Expect("(");
        return token.Text == "votes" ? Votes(token) : Share(token);
    }

    private Part Share(Token token)
    {
        var level = Now;
        if (level.Kind != TokenKind.Name) throw new ExpressionException(level.Offset, $"expected a level of the asset tree, e.g. {token.Text}(building, value < 18), found '{level.Text}'");
        at++;
        scope.UseLevel(level);
        if (token.Text == "count" && Take(")"))
        {
            scope.Headline ??= new GroupLiveNode();
            return new Part(null, new GroupLiveNode(), Quantity.Number, token.Offset);
        }
        Expect(",");
        var slot = Members(token);
        NumberNode node = token.Text == "share" ? new GroupShareNode(slot) : new GroupCountNode(slot);
        scope.Headline ??= node;
        return new Part(null, node, token.Text == "share" ? Quantity.Share : Quantity.Number, token.Offset);
    }

    private Part Votes(Token token)
    {
        var votes = Now;
        if (votes.Kind != TokenKind.Number || votes.Unit is not null || votes.Number is < 1 or > 1000 || votes.Number != Math.Floor(votes.Number))
            throw new ExpressionException(votes.Offset, $"expected how many points must agree, e.g. votes(2, value > 80), found '{votes.Text}'");
        at++;
        scope.UseLevel(new Token(TokenKind.Name, token.Offset, "asset"));
        Expect(",");
        var slot = Members(token);
        scope.Headline ??= new GroupCountNode(slot);
        return new Part(new GroupCountCondition(slot, ComparisonOperator.GreaterOrEqual, votes.Number), null, default, token.Offset);
    }

    private int Members(Token token)
    {
        Enter(token.Offset);
        overMembers = true;
        var from = at;
        var condition = AsCondition(Or());
        overMembers = false;
        depth--;
        Expect(")");
        return scope.MemberSlot(string.Join(' ', tokens[from..(at - 1)].Select(t => t.Kind + t.Text)), condition, token);
    }

    /// <summary>A count beside a constant knows how many points might still count.</summary>
    private static ConditionNode? CountCondition(ComparisonOperator operation, NumberNode left, NumberNode right) => (left, right) switch
    {
        (GroupCountNode count, ConstantNode limit) => new GroupCountCondition(count.Slot, operation, limit.Value),
        (ConstantNode limit, GroupCountNode count) => new GroupCountCondition(count.Slot, Mirrored(operation), limit.Value),
        _ => null,
    };

    private static ComparisonOperator Mirrored(ComparisonOperator operation) => operation switch
    {
        ComparisonOperator.Less => ComparisonOperator.Greater,
        ComparisonOperator.LessOrEqual => ComparisonOperator.GreaterOrEqual,
        ComparisonOperator.Greater => ComparisonOperator.Less,
        ComparisonOperator.GreaterOrEqual => ComparisonOperator.LessOrEqual,
        _ => operation,
    };
}
