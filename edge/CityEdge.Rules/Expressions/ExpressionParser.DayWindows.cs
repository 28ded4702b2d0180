using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary><c>window(02:00-04:00, 14d)</c>.</summary>
internal sealed partial class ExpressionParser
{
    private const string WindowExample = "e.g. window(02:00-04:00, 14d), the median of 14 nights' least values, or window(02:00-04:00, 14d, max, mean)";

    private Part DayWindow(Token token)
    {
        if (scope.Kind == PointKind.Text) throw new ExpressionException(token.Offset, "texts have no window");
        Expect("(");
        var from = ClockTime();
        Expect("-");
        var offset = Now.Offset;
        var to = ClockTime();
        if (from == to || from == DayValues.DayMinutes || to == 0) throw new ExpressionException(offset, $"expected hours of the day from a start to another end, {WindowExample}");
        Expect(",");
        var span = Now;
        if (span.Kind != TokenKind.Duration || span.Number % 86_400_000 != 0 || span.Number / 86_400_000 is < 1 or > DayValues.MaxDays)
            throw new ExpressionException(span.Offset, $"expected how many days, 1d to {DayValues.MaxDays}d, {WindowExample}; found '{span.Text}'");
        at++;
        var within = Take(",") ? Statistic(WindowFunction.Min, WindowFunction.Max, WindowFunction.Mean) : WindowFunction.Min;
        var across = Take(",") ? Statistic(WindowFunction.Median, WindowFunction.Min, WindowFunction.Max, WindowFunction.Mean) : WindowFunction.Median;
        Expect(")");
        var (spec, days) = (new DayWindowSpec(from, to, within), (int)(span.Number / 86_400_000));
        scope.DayWindows[spec] = Math.Max(days, scope.DayWindows.GetValueOrDefault(spec));
        return new Part(null, new DayWindowNode(spec, days, across), Quantity.Absolute, token.Offset, Kind: scope.Kind);
    }

    private int ClockTime()
    {
        var time = Now;
        if (time.Kind != TokenKind.Clock) throw new ExpressionException(time.Offset, $"expected a local time of day such as 02:00, {WindowExample}; found '{time.Text}'");
        at++;
        return (int)time.Number;
    }

    private WindowFunction Statistic(params ReadOnlySpan<WindowFunction> allowed)
    {
        var word = Now;
        if (word.Kind == TokenKind.Name && Windows.TryGetValue(word.Text, out var function) && allowed.Contains(function))
        {
            at++;
            return function;
        }
        throw new ExpressionException(word.Offset, $"expected {string.Join(" or ", allowed.ToArray().Select(one => one.ToString().ToLowerInvariant()))}, {WindowExample}; found '{word.Text}'");
    }
}
