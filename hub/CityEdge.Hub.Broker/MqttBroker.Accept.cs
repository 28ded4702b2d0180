using System.Buffers;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>What the hub itself gives to and takes from the broker without a connection.</summary>
public sealed partial class MqttBroker
{
    /// <summary>
    /// Appends a message that came by another way than a connection, e.g. from another broker; subscribers and consumers get it as any other. Returns the journal position past
    /// it, which is not yet durable. Throws <see cref="LogFullException"/> with nothing stored: space is then made if it can be, so try again.
    /// </summary>
    public long Accept(PublishRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var scratch = BrokerCore.Scratch();
        PublishRecord.Encode(scratch, record);
        try
        {
            var next = _core.Append(JournalKind.Publish, scratch.WrittenSpan);
            _core.Counters.In(record.QoS);
            return next;
        }
        catch (LogFullException)
        {
            RequestSnapshot();
            throw;
        }
    }

    /// <summary>The retained messages that match a topic filter, as they are once everything below journal position <paramref name="at"/> is routed.</summary>
    public Task<IReadOnlyList<PublishRecord>> RetainedAsync(string filter, long at, CancellationToken ct)
    {
        var found = new TaskCompletionSource<IReadOnlyList<PublishRecord>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _router.Enqueue(at, () =>
        {
            var messages = new List<JournalMessage>();
            _retained.Match(filter, _core.ArrivalMs, messages);
            var records = new List<PublishRecord>(messages.Count);
            foreach (var message in messages)
            {
                if (PublishRecord.TryDecode(message.Body.ToArray(), out var record)) records.Add(record);
            }
            found.SetResult(records);
        });
        return found.Task.WaitAsync(ct);
    }
}
