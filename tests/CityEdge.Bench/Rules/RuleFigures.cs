namespace CityEdge.Bench.Rules;

/// <summary>What one load gave.</summary>
/// <param name="PerSecond">Readings a second of the thread's processor time, by round.</param>
/// <param name="BytesPerReading">Allocated, transitions included.</param>
/// <param name="QuietBytes">Allocated in minutes without a transition.</param>
internal sealed record RuleFigures(string Name, int Points, double RulesPerPoint, IReadOnlyList<double> PerSecond, double BytesPerReading, long Transitions, long QuietBytes)
{
    public double Median => PerSecond.Order().ElementAt(PerSecond.Count / 2);
}
