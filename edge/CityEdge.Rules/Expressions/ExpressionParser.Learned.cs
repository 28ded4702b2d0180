using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary><c>anomaly()</c> and <c>forecast(2h)</c>.</summary>
internal sealed partial class ExpressionParser
{
    /// <summary>The hours of a week are all that a forecast knows.</summary>
    private const double LongestForecastMs = 7 * 86_400_000d;

    private Part Learned(Token token)
    {
        if (scope.Kind == PointKind.Text) throw new ExpressionException(token.Offset, $"text points have no numbers to learn from; '{token.Text}' needs another signal");
        Expect("(");
        scope.UsesLearnedNormal = true;
        if (token.Text == "anomaly")
        {
            if (Now is not { Kind: TokenKind.Symbol, Text: ")" }) throw new ExpressionException(Now.Offset, $"anomaly takes nothing, e.g. anomaly() >= 0.5, found '{Now.Text}'");
            at++;
            return new Part(null, new AnomalyNode(), Quantity.Share, token.Offset);
        }
        var ahead = Now;
        if (ahead.Kind != TokenKind.Duration || ahead.Number is < 1 or > LongestForecastMs)
            throw new ExpressionException(ahead.Offset, $"expected how far ahead, more than 0s and at most 7d, e.g. forecast(2h), found '{ahead.Text}'");
        at++;
        Expect(")");
        scope.ForecastsMs.Add((long)ahead.Number);
        return new Part(null, new ForecastNode((long)ahead.Number), Quantity.Absolute, token.Offset, Kind: scope.Kind);
    }
}
