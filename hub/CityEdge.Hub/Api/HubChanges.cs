using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Api;

/// <summary>Writes a change into the journal and waits until the rule consumer has folded and stored it: the answer comes after the effect.</summary>
public sealed class HubChanges(AppendLog journal, RuleConsumer consumer, TimeProvider time)
{
    /// <summary>Gives what became of open alarms, where a rule changed.</summary>
    /// <exception cref="BadHttpRequestException">413: the change is larger than <see cref="HubChange.MaxBytes"/>.</exception>
    /// <exception cref="LogFullException">The journal is full; nothing was changed.</exception>
    public async Task<IReadOnlyList<RuleOutcome>> ApplyAsync(HubChange change, CancellationToken ct)
    {
        var body = change.Encode();
        if (body.Length > HubChange.MaxBytes) throw new BadHttpRequestException($"The change has {body.Length} bytes, at most {HubChange.MaxBytes} fit one: send it in parts.", StatusCodes.Status413PayloadTooLarge);
        var next = await journal.AppendAsync(HubChange.RecordKind, time.GetUtcNow().ToUnixTimeMilliseconds(), body, ct);
        await consumer.Folded.WaitAsync(next, ct);
        return consumer.Outcomes.Take(next);
    }
}
