namespace CityEdge.SegmentLog.Tests;

public sealed class CursorAndCapTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_flushed_cursor_is_where_it_was_after_reopening_and_never_moves_back()
    {
        using var folder = new TestFolder();
        long at;
        await using (var log = AppendLog.Open(folder.Options))
        {
            for (var i = 0; i < 10; i++) log.Append(1, 0, TestLogs.Body(i, 10));
            await log.WaitDurableAsync(log.End, Cancel);
            var cursor = log.OpenCursor("uplink");
            Assert.Same(cursor, log.OpenCursor("uplink"));
            at = TestLogs.ReadAll(log)[4].NextPosition;
            cursor.Commit(at);
            cursor.Commit(at - 50);
            Assert.Equal(at, cursor.Position);
            Assert.Throws<ArgumentOutOfRangeException>(() => cursor.Commit(log.End + 1));
            await cursor.FlushAsync(Cancel);
            Assert.Equal(log.End - at, Assert.Single(log.Stats.Cursors).BacklogBytes);
        }
        await using var again = AppendLog.Open(folder.Options);
        var reopened = again.OpenCursor("uplink", startAt: 0);
        Assert.Equal(at, reopened.Position);
        Assert.Equal(5, TestLogs.Id(TestLogs.ReadAll(again, reopened.Position)[0]));
        again.RemoveCursor("uplink");
        Assert.Empty(Directory.GetFiles(Path.Combine(folder.Path, "cursors")));
        Assert.Throws<ArgumentException>(() => again.OpenCursor("../escape"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_damaged_cursor_file_falls_back_to_its_other_copy_then_to_the_start(int damagedCopies)
    {
        using var folder = new TestFolder();
        long first, second;
        await using (var log = AppendLog.Open(folder.Options))
        {
            for (var i = 0; i < 10; i++) log.Append(1, 0, TestLogs.Body(i, 10));
            await log.WaitDurableAsync(log.End, Cancel);
            var cursor = log.OpenCursor("c");
            (first, second) = (TestLogs.ReadAll(log)[2].NextPosition, TestLogs.ReadAll(log)[6].NextPosition);
            cursor.Commit(first);
            await cursor.FlushAsync(Cancel);
            cursor.Commit(second);
            await cursor.FlushAsync(Cancel);
        }
        var newestFirst = Directory.GetFiles(Path.Combine(folder.Path, "cursors")).OrderByDescending(f => File.ReadAllBytes(f)[16]).ToArray();
        foreach (var path in newestFirst.Take(damagedCopies))
        {
            var bytes = File.ReadAllBytes(path);
            bytes[25] ^= 0x10;
            File.WriteAllBytes(path, bytes);
        }
        await using var again = AppendLog.Open(folder.Options);
        Assert.Equal(damagedCopies == 1 ? first : 0, again.OpenCursor("c").Position);
    }

    [Fact]
    public async Task A_commit_reaches_the_disk_by_itself_within_the_interval()
    {
        var disk = new PowerCutFiles();
        var clock = new ManualTimeProvider();
        var log = AppendLog.Open(TestLogs.Options("/log") with { Clock = clock }, disk.Boot());
        var next = await log.AppendAsync(1, 0, TestLogs.Body(1, 1), Cancel);
        log.OpenCursor("c").Commit(next);
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        disk.Fault = (operation, path) =>
        {
            if (operation == "flush" && path.Contains("cursors", StringComparison.Ordinal)) flushed.TrySetResult();
            return null;
        };
        clock.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(flushed.Task.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await flushed.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        await log.OpenCursor("c").FlushAsync(Cancel);
        disk.Cut(new Random(1));
        await log.DisposeAsync();
        await using var again = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        Assert.Equal(next, again.OpenCursor("c").Position);
    }

    [Fact]
    public async Task Trimming_frees_whole_segments_below_the_lowest_cursor_only()
    {
        using var folder = new TestFolder();
        await using var log = AppendLog.Open(folder.Options);
        for (var i = 0; i < 200; i++) await log.AppendAsync(1, 0, TestLogs.Body(i, 500), Cancel);
        var before = folder.Segments.Length;
        log.Trim();
        Assert.Equal(0, log.Start);
        var slow = log.OpenCursor("slow");
        var fast = log.OpenCursor("fast");
        fast.Commit(log.End);
        log.Trim();
        Assert.Equal(0, log.Start);
        var at = TestLogs.ReadAll(log)[100].Position;
        slow.Commit(at);
        log.Trim(notAbove: 1);
        Assert.Equal(0, log.Start);
        log.Trim();
        Assert.InRange(log.Start, 1, at);
        Assert.True(at - log.Start < 16 << 10);
        Assert.Equal(100, TestLogs.Id(TestLogs.ReadAll(log, at)[0]));
        await log.AppendAsync(1, 0, TestLogs.Body(200, 0), Cancel);
        log.RemoveCursor("slow");
        log.Trim();
        await log.DisposeAsync();
        Assert.True(folder.Segments.Length <= 2, $"{before} segments became {folder.Segments.Length}");
        Assert.Equal(0, log.Stats.DroppedRecords);
    }

    [Fact]
    public async Task When_full_and_refusing_an_append_throws_and_a_freed_segment_lets_it_pass_again()
    {
        using var folder = new TestFolder();
        await using var log = AppendLog.Open(folder.Options with { MaxBytes = 64 << 10 });
        var cursor = log.OpenCursor("consumer");
        long stored = 0;
        var error = await Assert.ThrowsAsync<LogFullException>(async () =>
        {
            while (true)
            {
                await log.AppendAsync(1, 0, TestLogs.Body(stored, 1000), Cancel);
                stored++;
            }
        });
        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);
        var kept = TestLogs.ReadAll(log);
        Assert.Equal(stored, kept.Count);
        Assert.True(Directory.GetFiles(folder.Path).Sum(f => new FileInfo(f).Length) <= 64 << 10);
        Assert.Throws<LogFullException>(() => log.Append(1, 0, TestLogs.Body(stored, 1000)));
        cursor.Commit(kept[30].NextPosition);
        await log.AppendAsync(1, 0, TestLogs.Body(stored, 1000), Cancel);
        Assert.Equal(stored, TestLogs.Id(TestLogs.ReadAll(log)[^1]));
        Assert.Equal(0, log.Stats.DroppedRecords);
    }

    [Fact]
    public async Task When_full_and_dropping_the_oldest_segments_go_and_every_lost_record_is_counted()
    {
        using var folder = new TestFolder();
        await using var log = AppendLog.Open(folder.Options with { MaxBytes = 64 << 10, WhenFull = WhenFull.DropOldest });
        var cursor = log.OpenCursor("uplink");
        var delivered = new HashSet<long>();
        for (var i = 0; i < 1000; i++)
        {
            await log.AppendAsync(1, 0, TestLogs.Body(i, 100 + i % 500), Cancel);
            if (i % 40 != 0) continue;
            var some = new List<LogRecord>();
            log.Read(cursor.Position, some, 10, int.MaxValue);
            delivered.UnionWith(some.Select(TestLogs.Id));
            cursor.Commit(some[^1].NextPosition);
        }
        Assert.True(cursor.Position >= log.Start);
        delivered.UnionWith(TestLogs.ReadAll(log, cursor.Position).Select(TestLogs.Id));
        await log.DisposeAsync();
        var stats = log.Stats;
        Assert.Equal(1000 - delivered.Count, stats.DroppedRecords);
        Assert.True(stats.DroppedRecords > 300 && stats.DroppedBytes > stats.DroppedRecords * 100);
        Assert.True(stats.DiskBytes <= 64 << 10);
    }

    [Fact]
    public async Task Positions_that_a_consumer_holds_elsewhere_are_not_given_out_again()
    {
        using var folder = new TestFolder();
        await using (var log = AppendLog.Open(folder.Options)) await log.AppendAsync(1, 0, TestLogs.Body(1, 1), Cancel);
        await using var again = AppendLog.Open(folder.Options with { MinimumEnd = 5000 });
        Assert.Equal(5000, again.End);
        await again.AppendAsync(1, 0, TestLogs.Body(2, 1), Cancel);
        var records = TestLogs.ReadAll(again);
        Assert.Equal([1L, 2L], records.Select(TestLogs.Id));
        Assert.Equal(5000, records[1].Position);
    }
}
