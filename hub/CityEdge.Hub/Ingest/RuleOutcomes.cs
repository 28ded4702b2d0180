namespace CityEdge.Hub.Ingest;

/// <summary>From the fold to whoever made a change: what became of open alarms. Kept until it is taken, of the newest <see cref="MaxChanges"/> changes; it is an answer, not state.</summary>
public sealed class RuleOutcomes
{
    private const int MaxChanges = 64;
    private readonly Lock gate = new();
    private readonly SortedDictionary<long, IReadOnlyList<RuleOutcome>> byPosition = [];

    /// <summary>Keeps what the record that ends at a journal position did.</summary>
    public void Put(long nextPosition, IReadOnlyList<RuleOutcome> outcomes)
    {
        if (outcomes.Count == 0) return;
        lock (gate)
        {
            byPosition[nextPosition] = outcomes;
            if (byPosition.Count > MaxChanges) byPosition.Remove(byPosition.First().Key);
        }
    }

    /// <summary>Gives it once; empty when the change met no open alarm.</summary>
    public IReadOnlyList<RuleOutcome> Take(long nextPosition)
    {
        lock (gate) return byPosition.Remove(nextPosition, out var outcomes) ? outcomes : [];
    }
}
