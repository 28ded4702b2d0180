using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>Bytes a point of real recordings, time stamps included. They do not depend on the machine.</summary>
public class RecordingSizeTests
{
    [Fact]
    public void Every_recorded_series_comes_back_bit_for_bit_within_its_bytes()
    {
        var encoder = new ChunkEncoder();
        var columns = Recordings.Read(Shared("data")).ToList();
        Assert.True(columns.Count > 250, $"only {columns.Count} series");
        var back = new List<StoredReading>();
        foreach (var column in columns)
        {
            long bytes = 0;
            foreach (var rows in column.Rows.Chunk(120))
            {
                StoredReading[] chunk = [.. rows.Select(r => new StoredReading(r.TimeMs, ReadingValue.FromNumber(r.Number), Quality.Good))];
                var body = encoder.Encode(chunk);
                bytes += body.Length;
                back.Clear();
                Assert.True(ChunkDecoder.TryDecode(body, back, out var error), error);
                Assert.All(chunk.Zip(back), p => Assert.True(ChunkCodecTests.Same(p.First, p.Second)));
            }
            var each = bytes / (double)column.Rows.Count;
            Assert.True(each <= (column.Decimals <= 3 ? 4 : 8.5), $"{column.Name} ({column.Decimals} decimals): {each:0.00} bytes a point");
        }
    }

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 8.5)]
    public async Task All_recordings_in_one_store_take_so_many_bytes_on_disk(bool fewDecimals, double most)
    {
        using var folder = new TempFolder();
        var columns = Recordings.Read(Shared("data")).Where(c => c.Decimals <= 3 == fewDecimals).ToList();
        await using (var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(0)))
        {
            for (var i = 0; i < columns.Count; i++)
            {
                TelemetryRow[] rows = [.. columns[i].Rows.Select(r => new TelemetryRow(new PointId("s", $"d{i}", "v"), PointKind.Value, r.TimeMs, ReadingValue.FromNumber(r.Number), Quality.Good))];
                await store.WriteAsync(rows, i + 1, TestContext.Current.CancellationToken);
            }
        }
        var each = StoreFolder.Bytes(folder.Path) / columns.Sum(c => (double)c.Rows.Count);
        Assert.True(each <= most, $"{each:0.00} bytes a point on disk");
        await using (var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(0))) await store.MaintainAsync(2_000_000_000_000, TestContext.Current.CancellationToken);
        each = StoreFolder.Bytes(folder.Sub("days")) / columns.Sum(c => (double)c.Rows.Count);
        Assert.True(each <= most, $"{each:0.00} bytes a point in the day files after their days are closed");
    }

    private static string Shared(string path)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "CityEdge.sln"))) root = root.Parent;
        var folder = Environment.GetEnvironmentVariable("CITYEDGE_SHARED") ?? Path.Combine(root!.FullName, "..", "shared");
        if (!Directory.Exists(folder)) Assert.Skip($"The shared data are not beside this checkout (looked for {path}; CITYEDGE_SHARED names another place).");
        return Path.Combine(folder, path);
    }
}
