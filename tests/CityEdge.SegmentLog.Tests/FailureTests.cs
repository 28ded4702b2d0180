namespace CityEdge.SegmentLog.Tests;

/// <summary>A disk that says no: the log acknowledges nothing and says why.</summary>
public sealed class FailureTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("write")]
    [InlineData("flush")]
    public async Task After_a_failed_write_or_flush_nothing_is_acknowledged_though_the_disk_recovers(string failing)
    {
        var disk = new PowerCutFiles();
        await using var log = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        var kept = await log.AppendAsync(1, 0, TestLogs.Body(0, 10), Cancel);
        disk.Fault = (operation, _) => operation == failing ? new IOException("No space left on device") : null;
        var waiting = log.WaitForDataAsync(kept, Cancel).AsTask();
        var told = 0;
        using var registration = log.OnDurable(_ => told++);
        var error = await Assert.ThrowsAsync<LogFailedException>(() => log.AppendAsync(1, 0, TestLogs.Body(1, 10), Cancel).AsTask());
        Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
        await log.Failed.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        await Assert.ThrowsAsync<LogFailedException>(() => waiting);
        disk.Fault = null;
        Assert.Throws<LogFailedException>(() => log.Append(1, 0, TestLogs.Body(2, 10)));
        await Assert.ThrowsAsync<LogFailedException>(() => log.WaitDurableAsync(kept + 1, Cancel).AsTask());
        Assert.Equal(kept, log.DurableEnd);
        Assert.Equal(0, told);
        Assert.Single(TestLogs.ReadAll(log));
        Assert.Contains("No space left", log.Stats.Failure, StringComparison.Ordinal);
        await log.DisposeAsync();
        await using var again = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        Assert.Equal(0, TestLogs.Id(TestLogs.ReadAll(again)[0]));
    }

    [Fact]
    public async Task A_segment_that_cannot_be_created_fails_the_log()
    {
        var disk = new PowerCutFiles();
        await using var log = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        disk.Fault = (operation, _) => operation is "rename" ? new IOException("Input/output error") : null;
        await Assert.ThrowsAsync<LogFailedException>(async () =>
        {
            for (var i = 0; i < 100; i++) await log.AppendAsync(1, 0, TestLogs.Body(i, 1000), Cancel);
        });
    }

    [Fact]
    public async Task A_full_disk_refuses_until_there_is_room_and_everything_appended_is_kept()
    {
        const int NoSpace = 28;
        var disk = new PowerCutFiles();
        await using var log = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        var cursor = log.OpenCursor("reader");
        disk.Fault = (operation, path) => operation == "open" && path.EndsWith("spare.tmp", StringComparison.Ordinal) ? new IOException("No space left on device", NoSpace) : null;
        var appended = new List<Task<long>>();
        LogFullException? full = null;
        // One spare was made before the disk was full: the log ends somewhere in the segment after it.
        for (var i = 0; full is null && i < 1000; i++)
        {
            try
            {
                var next = log.Append(1, 0, TestLogs.Body(i, 1000));
                appended.Add(log.WaitDurableAsync(next, Cancel).AsTask().ContinueWith(_ => next, Cancel, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default));
            }
            catch (LogFullException error)
            {
                full = error;
            }
        }
        Assert.NotNull(full);
        Assert.Contains("No space left on device", full.Message, StringComparison.Ordinal);
        Assert.Contains("Free space", full.Message, StringComparison.Ordinal);
        Assert.Contains("No space", log.Stats.NoSpace, StringComparison.Ordinal);
        Assert.Null(log.Stats.Failure);
        Assert.Throws<LogFullException>(() => log.Append(1, 0, TestLogs.Body(0, 10)));
        Assert.Contains(appended, a => !a.IsCompleted);
        cursor.Commit(log.DurableEnd);
        disk.Fault = null;
        // What waits pulls the log along by itself.
        await Task.WhenAll(appended).WaitAsync(TimeSpan.FromSeconds(20), Cancel);
        Assert.Null(log.Stats.NoSpace);
        await log.AppendAsync(1, 0, TestLogs.Body(appended.Count, 1000), Cancel);
        Assert.Equal(Enumerable.Range(0, appended.Count + 1).Select(i => (long)i), TestLogs.ReadAll(log).Select(TestLogs.Id));
        await log.DisposeAsync();
        await using var again = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        Assert.Equal(appended.Count + 1, TestLogs.ReadAll(again).Count);
    }

    [Fact]
    public async Task A_log_on_a_full_disk_can_be_closed()
    {
        var disk = new PowerCutFiles();
        var log = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        disk.Fault = (operation, path) => operation == "open" && path.EndsWith("spare.tmp", StringComparison.Ordinal) ? new IOException("No space left on device", 28) : null;
        await Assert.ThrowsAsync<LogFullException>(async () =>
        {
            for (var i = 0; i < 1000; i++)
            {
                log.Append(1, 0, TestLogs.Body(i, 1000));
                await Task.Yield();
            }
        });
        await log.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel);
    }

    [Fact]
    public async Task Appenders_held_back_by_a_slow_disk_are_released_by_its_failure()
    {
        var disk = new PowerCutFiles();
        using var held = new ManualResetEventSlim();
        await using var log = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        disk.Fault = (operation, _) =>
        {
            if (operation != "flush") return null;
            held.Wait(Cancel);
            return new IOException("Input/output error");
        };
        var appended = 0;
        var writer = Task.Run(() =>
        {
            while (true)
            {
                log.Append(1, 0, TestLogs.Body(appended, 1000));
                Interlocked.Increment(ref appended);
            }
        }, Cancel);
        while (Volatile.Read(ref appended) < 6) await Task.Yield();
        Assert.False(writer.IsCompleted);
        held.Set();
        await Assert.ThrowsAsync<LogFailedException>(() => writer);
        Assert.True(appended < 40, $"{appended} records of 1 KiB went past a limit of 8 KiB");
    }

    [Fact]
    public void Options_that_cannot_work_are_refused_with_the_mend()
    {
        var good = TestLogs.Options("/log");
        var files = new PowerCutFiles().Boot();
        Assert.Contains("four segments", Assert.Throws<ArgumentException>(() => AppendLog.Open(good with { MaxBytes = 1 }, files)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => AppendLog.Open(good with { SegmentBytes = 100 }, files));
        Assert.Throws<ArgumentException>(() => AppendLog.Open(good with { MaxRecordBytes = 16 << 10 }, files));
        Assert.Throws<ArgumentException>(() => AppendLog.Open(good with { Directory = " " }, files));
    }
}
