using System.Collections.Concurrent;

namespace CityEdge.Hub.Broker;

/// <summary>After each journal flush, sends the acknowledgements that it allows: one send per connection and flush, whatever the number of messages.</summary>
internal sealed class AckPump(BrokerCore core)
{
    private readonly ConcurrentQueue<ClientConnection> _waiting = new();
    private readonly AsyncSignal _signal = new();

    public void Signal() => _signal.Set();

    /// <summary>Called once by a connection when its first acknowledgement begins to wait.</summary>
    public void Add(ClientConnection connection) => _waiting.Enqueue(connection);

    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            await _signal.WaitAsync(ct).ConfigureAwait(false);
            var durable = core.Journal.DurableEnd;
            for (var count = _waiting.Count; count > 0 && _waiting.TryDequeue(out var connection); count--)
            {
                if (connection.ReleaseAcks(durable)) _waiting.Enqueue(connection);
            }
        }
    }
}
