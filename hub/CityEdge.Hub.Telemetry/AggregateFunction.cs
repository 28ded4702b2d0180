namespace CityEdge.Hub.Telemetry;

/// <summary>Aggregate functions of the readings API (design §5, <c>fn</c>).</summary>
public enum AggregateFunction
{
    Mean,
    Min,
    Max,
    Sum,
    Count,
    First,
    Last,
}
