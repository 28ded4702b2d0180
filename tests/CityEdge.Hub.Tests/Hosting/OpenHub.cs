namespace CityEdge.Hub.Tests;

/// <summary>Class fixture: one hub under <c>--auth none</c>; each test uses a site of its own.</summary>
public sealed class OpenHub : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    public RunningHub Hub { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Hub = await RunningHub.StartAsync(folder["data"]);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        folder.Dispose();
    }
}
