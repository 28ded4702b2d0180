using System.Threading.Channels;
using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Hosting;

/// <summary>What the broker refused before it could be journaled becomes a counted dead letter. Bounded: a flood of refusals is counted in full, kept in part.</summary>
public sealed class HubBrokerObserver(HubState state, ILogger<HubBrokerObserver> logger) : IBrokerObserver
{
    private readonly ConnectionLog connections = new(logger);
    private readonly Channel<BrokerRefusal> refusals = Channel.CreateBounded<BrokerRefusal>(new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <inheritdoc />
    public void Refused(BrokerRefusal refusal)
    {
        state.Metrics.Refused(refusal.Reason);
        state.Registry.FindDevice(refusal.Identity)?.Refused(refusal.Reason);
        refusals.Writer.TryWrite(refusal);
    }

    /// <inheritdoc />
    public void Connected(string clientId, ClientIdentity identity) => connections.Connected(clientId, identity.Name);

    /// <inheritdoc />
    public void Disconnected(string clientId, ClientIdentity identity, string reason) => connections.Disconnected(clientId, identity.Name, reason);

    /// <summary>Tells each second of the connections that were too many to be named, until cancelled.</summary>
    public async Task TellAsync(CancellationToken ct)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await second.WaitForNextTickAsync(ct)) connections.NextSecond();
    }

    /// <summary>Stores refusals until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (await refusals.Reader.WaitToReadAsync(ct))
        {
            var letters = new List<DeadLetter>();
            while (letters.Count < 200 && refusals.Reader.TryRead(out var refusal))
            {
                letters.Add(DeadLetters.Create(-1, refusal.AtMs, refusal.Topic, refusal.Identity.Length > 0 ? refusal.Identity : null, refusal.Reason, refusal.Message, letters.Count, refusal.Payload));
            }
            await state.Tickets.WriteAsync(tx =>
            {
                foreach (var letter in letters) DeadLetters.Add(tx.Connection, letter);
                return letters.Count;
            }, ct);
        }
    }
}
