namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>One influxd for all tests of a class; each test takes a database of its own.</summary>
public sealed class InfluxServerFixture : IAsyncLifetime
{
    private int databases;

    public InfluxServer Server { get; private set; } = null!;

    public string NewDatabase() => $"db{Interlocked.Increment(ref databases)} \"x";

    public async ValueTask InitializeAsync() => Server = await InfluxServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
