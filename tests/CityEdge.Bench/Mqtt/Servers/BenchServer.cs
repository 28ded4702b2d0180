using CityEdge.Tests.Servers;

namespace CityEdge.Bench.Mqtt.Servers;

/// <summary>A server that the bench started on loopback and stops again.</summary>
internal abstract class BenchServer(string name, ChildProcess child, int port) : IAsyncDisposable
{
    public string Name { get; } = name;

    public int Port { get; protected set; } = port;

    public int Pid => Child.Process.Id;

    public ChildProcess Child { get; protected set; } = child;

    /// <summary>What the server tells of itself; all null where it tells nothing.</summary>
    public virtual Task<ServerFigures> FiguresAsync() => Task.FromResult(new ServerFigures(null, null));

    /// <summary>Waits until what was published no longer costs the server anything, so that one run does not pay for the one before.</summary>
    public virtual Task SettleAsync() => Task.CompletedTask;

    /// <inheritdoc />
    public virtual async ValueTask DisposeAsync() => await Child.DisposeAsync();
}

/// <summary>Counters since the server started.</summary>
/// <param name="AllocatedBytes">Managed memory allocated.</param>
/// <param name="Flushes">Flushes of the journal.</param>
internal sealed record ServerFigures(double? AllocatedBytes, double? Flushes);
