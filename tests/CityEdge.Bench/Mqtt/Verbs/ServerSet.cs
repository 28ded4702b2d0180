using CityEdge.Bench.Mqtt.Servers;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary>Servers that are stopped together.</summary>
internal sealed class ServerSet : IAsyncDisposable
{
    private readonly List<BenchServer> all = [];

    public IReadOnlyList<BenchServer> All => all;

    public void Add(BenchServer server) => all.Add(server);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var server in all) await server.DisposeAsync();
    }
}
