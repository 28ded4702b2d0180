using System.Text;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>What the journal holds durably, by payload: read from the log itself, not asked of the broker.</summary>
internal sealed class DurableIndex(AppendLog journal)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _payloads = new(StringComparer.Ordinal);
    private readonly List<LogRecord> _records = [];
    private long _read;

    /// <summary>How often a payload is stored below the durable end of now.</summary>
    public int CountOf(string payload)
    {
        lock (_gate)
        {
            Advance(journal.DurableEnd);
            return _payloads.GetValueOrDefault(payload);
        }
    }

    private void Advance(long durable)
    {
        while (_read < durable)
        {
            _records.Clear();
            journal.Read(_read, _records, 500, 1 << 20);
            if (_records.Count == 0) return;
            foreach (var log in _records)
            {
                if (log.Position >= durable) return;
                _read = log.NextPosition;
                if (log.Kind != JournalKind.Publish || !PublishRecord.TryDecode(log.Body, out var record)) continue;
                var payload = Encoding.UTF8.GetString(record.Payload.Span);
                _payloads[payload] = _payloads.GetValueOrDefault(payload) + 1;
            }
        }
    }
}
