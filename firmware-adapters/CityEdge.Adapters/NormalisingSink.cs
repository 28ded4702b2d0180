using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>
/// Stands between an adapter and the spool: each point's readings go through its own <see cref="ReadingNormaliser"/>. A batch of which nothing remains is acknowledged at once. For one adapter; not for concurrent calls.
/// </summary>
/// <param name="inner">The spool.</param>
/// <param name="adapter">Whose points decide; points it discovers later are seen.</param>
/// <param name="onDrop">Called for every reading that is not passed on, dead-band included: metric and log.</param>
public sealed class NormalisingSink(IReadingSink inner, IAdapter adapter, Action<Reading, NormalisedReading>? onDrop = null) : IReadingSink
{
    private readonly Dictionary<string, ReadingNormaliser> normalisers = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public Task WriteAsync(IReadOnlyList<Reading> batch, CancellationToken cancellation)
    {
        var kept = new List<Reading>(batch.Count);
        foreach (var raw in batch)
        {
            var result = Find(raw).Normalise(raw);
            if (result.Reading is { } reading) kept.Add(reading);
            else onDrop?.Invoke(raw, result);
        }
        return kept.Count == 0 ? Task.CompletedTask : inner.WriteAsync(kept, cancellation);
    }

    /// <inheritdoc />
    public Task WriteEventsAsync(IReadOnlyList<CloudEvent> events, CancellationToken cancellation) => inner.WriteEventsAsync(events, cancellation);

    private ReadingNormaliser Find(in Reading raw)
    {
        if (normalisers.TryGetValue(raw.Point.Name, out var known)) return known;
        var name = raw.Point.Name;
        var declared = adapter.Points.FirstOrDefault(p => p.Name == name)?.Normalisation;
        return normalisers[name] = new ReadingNormaliser(declared ?? new PointConfig { Kind = PointKinds.Infer(raw.Unit, raw.Value.Type) });
    }
}
