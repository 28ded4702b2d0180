using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>A real InfluxDB 1.6.7 against what every store promises.</summary>
public sealed class InfluxSuite(InfluxServerFixture fixture) : StoreSuite, IClassFixture<InfluxServerFixture>, IDisposable
{
    private readonly TempFolder folder = new();
    private readonly string database = fixture.NewDatabase();

    protected override bool KeepsNotFinite => false;

    protected override bool KeepsData => false;

    protected override bool ReplacesOtherTypes => false;

    protected override bool SumsExactly => false;

    protected override ValueTask<ITelemetryStore> NewAsync() => new(TelemetryStores.Create(
        new TelemetryOptions { Kind = "influx", Directory = folder.Path, InfluxUrl = fixture.Server.Url, InfluxDatabase = database, Retention = null }, TimeProvider.System));

    protected override async ValueTask<ITelemetryStore> AgainAsync(ITelemetryStore store)
    {
        await store.DisposeAsync();
        return await NewAsync();
    }

    [Fact]
    public async Task Exported_lines_go_into_a_real_server_and_come_back_alike()
    {
        using var other = new TempFolder();
        await using var embedded = EmbeddedTelemetryStore.Open(other.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(Start));
        await using var store = await NewAsync();
        // Makes the database.
        await store.WriteAsync([Row(-1000, 0)], 1, Cancellation);
        await store.FlushAsync(Cancellation);
        await embedded.ImportAsync([.. Enumerable.Range(0, 3000).Select(i => Row(i * 977L, Math.Sqrt(i)) with { Quality = (Quality)(i % 9 == 0 ? 8 : 0) }),
            .. Enumerable.Range(0, 50).Select(i => new TelemetryRow(Point with { Name = "state" }, PointKind.Text, Start + i, ReadingValue.FromText("a \"b\"\\ c, d=e\n第" + i), Quality.Good)), .. Enumerable.Range(0, 50).Select(i => new TelemetryRow(Point with { Name = "door" }, PointKind.Contact, Start + i, ReadingValue.FromBoolean(i % 3 == 0), Quality.Good))], Cancellation);
        var lines = await ExportAsync(embedded, embedded.Points!);
        Assert.Equal(System.Net.HttpStatusCode.NoContent, await fixture.Server.WriteAsync(database, lines));
        Assert.Equal(lines, await ExportAsync(store, embedded.Points!));
    }

    private static async Task<string> ExportAsync(ITelemetryStore store, IEnumerable<TelemetryPoint> points)
    {
        using var output = new MemoryStream();
        await ReadingExport.WriteAsync(store, points, Start, Start + (100 * Hour), ReadingFormat.Line, output, null, Cancellation);
        return System.Text.Encoding.UTF8.GetString(output.ToArray());
    }

    public void Dispose() => folder.Dispose();
}
