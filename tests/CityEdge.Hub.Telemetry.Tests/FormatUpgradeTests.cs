using System.IO.Compression;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>A <c>telemetry.db</c> that the first format's program wrote: three series of 700 rows with late rows, saved heads and a folded side table.</summary>
public class FormatUpgradeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_store_of_the_first_format_is_converted_once()
    {
        using var folder = new TempFolder();
        Unpack(folder);
        await using (var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(0)))
        {
            Assert.Equal(7000, store.DurablePosition);
            await CheckAsync(store);
        }
        Assert.False(File.Exists(folder.Sub("telemetry.db")));
        await using var again = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(0));
        await CheckAsync(again);
    }

    [Fact]
    public async Task A_conversion_that_was_cut_off_is_begun_again()
    {
        using var folder = new TempFolder();
        Unpack(folder);
        await EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(0)).DisposeAsync();
        // As it is after a crash in the midst: half of the rows, the mark, and the old file.
        StoreFolder.Run(folder.Sub("catalog.db"), "INSERT OR REPLACE INTO meta VALUES ('converting', 1); DELETE FROM meta WHERE key='converted'; DELETE FROM head_segment; UPDATE meta SET value=0 WHERE key='position'");
        foreach (var file in StoreFolder.DayFiles(folder.Path)) StoreFolder.Run(file, "DELETE FROM chunk WHERE key % 2 = 0");
        Unpack(folder);
        await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(0));
        Assert.Equal(7000, store.DurablePosition);
        await CheckAsync(store);
        Assert.False(File.Exists(folder.Sub("telemetry.db")));
    }

    [Fact]
    public async Task An_old_file_beside_a_whole_new_store_is_left_alone()
    {
        using var folder = new TempFolder();
        await EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(0)).DisposeAsync();
        Unpack(folder);
        await using var store = EmbeddedTelemetryStore.Open(folder.Path, new EmbeddedStoreOptions(), new ManualTimeProvider(0));
        Assert.True(File.Exists(folder.Sub("telemetry.db")));
        Assert.Empty(store.Points!);
    }

    private static void Unpack(TempFolder folder)
    {
        using var packed = new GZipStream(typeof(FormatUpgradeTests).Assembly.GetManifestResourceStream("telemetry-format-1.db.gz")!, CompressionMode.Decompress);
        using var file = File.Create(folder.Sub("telemetry.db"));
        packed.CopyTo(file);
    }

    private static async Task CheckAsync(EmbeddedTelemetryStore store)
    {
        for (var s = 0; s < 3; s++)
        {
            var expected = new SortedDictionary<long, StoredReading>();
            for (var i = 0; i < 700; i++)
            {
                var at = i % 10 == 9 && i > 60 ? i - 55 : i;
                var value = s switch { 0 => ReadingValue.FromNumber(((i * 37) % 1000) / 100.0), 1 => i % 13 == 0 ? ReadingValue.FromNumber(Math.Sqrt(i)) : ReadingValue.FromBoolean(i % 2 == 0), _ => ReadingValue.FromText("text " + (i % 5)) };
                var time = 1_700_000_000_000 + (at * 900_000L);
                expected[time] = new StoredReading(time, value, (Quality)(i % 11 == 0 ? 4 : 0));
            }
            var kind = s == 2 ? PointKind.Text : PointKind.Value;
            Assert.Equal(expected.Values, await store.ReadAsync(new PointId("old", "d", "p" + s), kind, 0, long.MaxValue, int.MaxValue, Cancellation));
        }
    }
}
