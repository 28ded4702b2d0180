using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>When silence is an alarm of its own.</summary>
/// <param name="After">Event time without a reading.</param>
/// <param name="Severity">Severity of the silence alarm.</param>
public sealed record NoDataPolicy(TimeSpan After, Severity Severity);
