namespace CityEdge.Rules;

/// <summary><c>window(02:00-04:00, 14d, min, median)</c>: of the last days whose hours have ended, each has one value; this is what they have in common.</summary>
internal sealed class DayWindowNode(DayWindowSpec spec, int days, WindowFunction across) : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => context.Inputs?.DayValues(spec)?.Evaluate(days, across) ?? double.NaN;

    public override string Key => $"window({spec},{days},{across})";
}
