namespace CityEdge.SegmentLog.Tests;

public sealed class AppendLogTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_appended_is_read_again_in_order_across_segments_and_reopening()
    {
        using var folder = new TestFolder();
        long last = 0;
        for (var round = 0; round < 3; round++)
        {
            await using var log = AppendLog.Open(folder.Options);
            Assert.Equal(last, log.End);
            for (var i = 0; i < 100; i++)
            {
                last = log.Append((byte)(i % 7), 1000 + i, TestLogs.Body(round * 100 + i, i * 10));
            }
            await log.WaitDurableAsync(last, Cancel);
            Assert.Equal(last, log.DurableEnd);
            var records = TestLogs.ReadAll(log);
            Assert.Equal(Enumerable.Range(0, (round + 1) * 100).Select(i => (long)i), records.Select(TestLogs.Id));
            Assert.Equal(records.Skip(1).Select(r => r.Position), records.SkipLast(1).Select(r => r.NextPosition));
            Assert.All(records, (r, i) => Assert.Equal(((byte)(i % 100 % 7), 1000L + i % 100), (r.Kind, r.TimeMs)));
        }
        Assert.True(folder.Segments.Length > 5);
    }

    [Fact]
    public async Task Reading_keeps_its_limits_but_always_gives_one_record()
    {
        using var folder = new TestFolder();
        await using var log = AppendLog.Open(folder.Options);
        for (var i = 0; i < 20; i++) await log.AppendAsync(1, 0, TestLogs.Body(i, 1000), Cancel);
        var few = new List<LogRecord>();
        Assert.Equal(3, log.Read(0, few, 3, int.MaxValue));
        few.Clear();
        Assert.Equal(1, log.Read(0, few, 100, 1));
        Assert.Equal(2, log.Read(few[0].NextPosition, few, 100, 1500));
        Assert.Equal([0L, 1L, 2L], few.Select(TestLogs.Id));
        Assert.Equal(0, log.Read(log.End, few, 10, 1000));
        Assert.Equal(20, TestLogs.ReadAll(log, -5, 1, 1).Count);
        few.Clear();
        log.Read(500, few, 1, 1);
        Assert.Equal(0, TestLogs.Id(few[0]));
    }

    [Fact]
    public async Task An_empty_body_and_the_largest_body_are_kept_and_a_larger_one_is_refused()
    {
        using var folder = new TestFolder();
        await using var log = AppendLog.Open(folder.Options);
        log.Append(1, 5, []);
        await log.AppendAsync(2, 6, new byte[4096], Cancel);
        Assert.Throws<ArgumentException>(() => log.Append(3, 7, new byte[4097]));
        var both = TestLogs.ReadAll(log);
        Assert.Equal([0, 4096], both.Select(r => r.Body.Length));
        log.Append(4, 8, "to"u8, "gether"u8);
        await log.WaitDurableAsync(log.End, Cancel);
        Assert.Equal("together"u8, TestLogs.ReadAll(log)[2].Body.Span);
    }

    [Fact]
    public async Task Nothing_is_readable_or_durable_before_its_flush()
    {
        var disk = new PowerCutFiles();
        using var held = new ManualResetEventSlim();
        await using var log = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        disk.Fault = (operation, _) =>
        {
            if (operation == "flush") held.Wait(Cancel);
            return null;
        };
        var next = log.Append(1, 0, TestLogs.Body(1, 10));
        var durable = log.WaitDurableAsync(next, Cancel).AsTask();
        var data = log.WaitForDataAsync(0, Cancel).AsTask();
        Assert.False(durable.IsCompleted || data.IsCompleted);
        Assert.Empty(TestLogs.ReadAll(log));
        Assert.Equal(0, log.DurableEnd);
        held.Set();
        await durable;
        await data;
        Assert.Single(TestLogs.ReadAll(log));
    }

    [Fact]
    public async Task One_flush_serves_all_that_arrived_while_the_last_one_ran()
    {
        var disk = new PowerCutFiles();
        using var held = new ManualResetEventSlim();
        using var reached = new ManualResetEventSlim();
        await using var log = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        disk.Fault = (operation, _) =>
        {
            if (operation != "flush") return null;
            reached.Set();
            held.Wait(Cancel);
            return null;
        };
        var told = new List<long>();
        using var registration = log.OnDurable(told.Add);
        log.Append(1, 0, TestLogs.Body(0, 0));
        reached.Wait(Cancel);
        for (var i = 1; i <= 50; i++) log.Append(1, 0, TestLogs.Body(i, 0));
        held.Set();
        await log.WaitDurableAsync(log.End, Cancel);
        Assert.Equal(2, log.Stats.Flushes);
        Assert.Equal(51, log.Stats.FlushedRecords);
        await log.DisposeAsync();
        Assert.Equal([40L, 51 * 40L], told);
    }

    [Fact]
    public async Task A_handler_that_throws_is_removed_and_counted_and_the_log_goes_on()
    {
        using var folder = new TestFolder();
        await using var log = AppendLog.Open(folder.Options);
        using var faulty = log.OnDurable(_ => throw new InvalidOperationException("bad listener"));
        await log.AppendAsync(1, 0, TestLogs.Body(1, 0), Cancel);
        await log.AppendAsync(1, 0, TestLogs.Body(2, 0), Cancel);
        await log.DisposeAsync();
        Assert.Equal(1, log.Stats.HandlerFaults);
    }

    [Fact]
    public async Task Waiting_can_be_cancelled_and_ends_when_the_log_closes()
    {
        using var folder = new TestFolder();
        var log = AppendLog.Open(folder.Options);
        using var stop = new CancellationTokenSource();
        var cancelled = log.WaitForDataAsync(0, stop.Token).AsTask();
        var closed = log.WaitForDataAsync(0, CancellationToken.None).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => closed);
        Assert.Throws<ObjectDisposedException>(() => log.Append(1, 0, []));
        await log.DisposeAsync();
    }

    [Fact]
    public async Task Two_writers_cannot_hold_one_folder()
    {
        using var folder = new TestFolder();
        await using var log = AppendLog.Open(folder.Options);
        var error = Assert.Throws<IOException>(() => AppendLog.Open(folder.Options));
        Assert.Contains("in use by another process", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_appenders_and_readers_see_each_record_once_and_each_acknowledgement_holds()
    {
        using var folder = new TestFolder();
        await using var log = AppendLog.Open(folder.Options);
        const int Writers = 16, Each = 300;
        var writers = Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                var next = await log.AppendAsync(1, 0, TestLogs.Body(w * Each + i, i % 200), Cancel);
                Assert.True(log.DurableEnd >= next);
            }
        }, Cancel)).ToArray();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            var seen = new List<long>();
            long from = 0;
            var some = new List<LogRecord>();
            while (seen.Count < Writers * Each)
            {
                await log.WaitForDataAsync(from, Cancel);
                some.Clear();
                log.Read(from, some, 50, 5000);
                seen.AddRange(some.Select(TestLogs.Id));
                from = some[^1].NextPosition;
            }
            return seen;
        }, Cancel)).ToArray();
        await Task.WhenAll(writers);
        foreach (var seen in await Task.WhenAll(readers))
        {
            Assert.Equal(Writers * Each, seen.Distinct().Count());
            for (var w = 0; w < Writers; w++)
            {
                var own = seen.Where(id => id / Each == w).ToList();
                Assert.Equal(own.Order(), own);
            }
        }
    }
}
