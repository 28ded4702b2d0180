using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Api;

/// <summary>Writes a change into the journal and waits until the rule consumer has folded and stored it: the answer comes after the effect.</summary>
public sealed class HubChanges(AppendLog journal, RuleConsumer consumer, TimeProvider time)
{
    public async Task ApplyAsync(HubChange change, CancellationToken ct)
    {
        var next = await journal.AppendAsync(HubChange.RecordKind, time.GetUtcNow().ToUnixTimeMilliseconds(), change.Encode(), ct);
        await consumer.Folded.WaitAsync(next, ct);
    }
}
