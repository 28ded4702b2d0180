namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>The embedded store against what every store promises. It differs in nothing.</summary>
public sealed class EmbeddedSuite : StoreSuite, IDisposable
{
    private readonly TempFolder folder = new();

    protected override ValueTask<ITelemetryStore> NewAsync() => new(EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(Start)));

    protected override async ValueTask<ITelemetryStore> AgainAsync(ITelemetryStore store)
    {
        await store.DisposeAsync();
        return await NewAsync();
    }

    public void Dispose() => folder.Dispose();
}
