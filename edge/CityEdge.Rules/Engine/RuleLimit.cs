using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>A limit line for a chart.</summary>
/// <param name="Rule">Rule id.</param>
/// <param name="Severity">Severity of the raise step; null for the clear limit.</param>
/// <param name="Operator"><c>&lt; &lt;= &gt; &gt;= == !=</c>, as in <c>value OPERATOR limit</c>.</param>
/// <param name="Limit">In the canonical unit.</param>
public sealed record RuleLimit(string Rule, Severity? Severity, string Operator, double Limit);
