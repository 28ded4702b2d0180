namespace CityEdge.Rules;

/// <summary><c>anomaly()</c>, 0 to 1: how unusual the last value is; unknown while the point is being learned.</summary>
internal sealed class AnomalyNode : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => context.Normal is { IsLearning: false } normal ? normal.Score : double.NaN;

    public override string Key => "anomaly()";
}

/// <summary><c>forecast(2h)</c>: the value to expect so long after the last one; unknown while the point is being learned.</summary>
internal sealed class ForecastNode(long aheadMs) : NumberNode
{
    public override double Evaluate(in EvaluationContext context) => context.Normal is { IsLearning: false } normal ? normal.Forecast(aheadMs) : double.NaN;

    public override string Key => $"forecast({aheadMs})";
}
