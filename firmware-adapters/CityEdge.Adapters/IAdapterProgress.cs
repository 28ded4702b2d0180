namespace CityEdge.Adapters;

/// <summary>A few hundred bytes that an adapter keeps across restarts of the agent, by adapter id: how far a replay has got.</summary>
public interface IAdapterProgress
{
    /// <summary>What was saved last; null when nothing was, or when it cannot be read.</summary>
    ValueTask<string?> LoadAsync(string adapterId, CancellationToken cancellation);

    /// <summary>Keeps <paramref name="value"/>; survives power loss once it has returned. After a crash the previous value or this one is found, never half of one.</summary>
    ValueTask SaveAsync(string adapterId, string value, CancellationToken cancellation);
}
