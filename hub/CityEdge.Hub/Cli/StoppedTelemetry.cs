using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Cli;

/// <summary>The embedded telemetry of a hub that does not run; held so that none is started meanwhile.</summary>
internal sealed class StoppedTelemetry : IAsyncDisposable
{
    private readonly FileStream held;

    private StoppedTelemetry(FileStream held, EmbeddedTelemetryStore store) => (this.held, Store) = (held, store);

    public EmbeddedTelemetryStore Store { get; }

    public static StoppedTelemetry Open(string data)
    {
        var directory = Path.Combine(data, "telemetry");
        if (!Directory.Exists(directory)) throw new UsageException($"--data is '{data}'; there is no telemetry directory in it.");
        FileStream held;
        try
        {
            held = new FileStream(Path.Combine(data, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new CommandFailedException($"{data}: a hub has this data directory open. Leave --data out to ask the running hub, or stop it.");
        }
        try
        {
            return new StoppedTelemetry(held, EmbeddedTelemetryStore.Open(directory, new EmbeddedStoreOptions(), TimeProvider.System));
        }
        catch (TelemetryUnavailableException error)
        {
            held.Dispose();
            throw new CommandFailedException(error.Message);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await held.DisposeAsync();
    }
}
