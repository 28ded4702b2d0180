using CityEdge.Tests.Servers;

namespace CityEdge.SegmentLog.Tests;

/// <summary>A stream of records shares flushes; a lone one never waits; closing never waits.</summary>
public sealed class PacingTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_of_records_is_flushed_once_an_interval()
    {
        const int Records = 5000;
        var clock = new ManualTimeProvider();
        await using var log = AppendLog.Open(TestLogs.Options("/log") with { FlushInterval = Interval, Clock = clock, SegmentBytes = 1 << 20 }, new PowerCutFiles().Boot());
        for (var i = 0; i < Records; i++)
        {
            log.Append(1, 0, TestLogs.Body(i, 10));
            clock.Advance(TimeSpan.FromTicks(TimeSpan.TicksPerSecond / Records));
        }
        var last = log.WaitDurableAsync(log.End, Cancel).AsTask();
        clock.Advance(Interval);
        await last.WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        // One second at 2 ms, and the few that a quiet log has in hand.
        Assert.InRange(log.Stats.Flushes, 1, 500 + 6);
        Assert.Equal(Records, TestLogs.ReadAll(log).Count);
    }

    [Fact]
    public async Task Without_an_interval_each_waiter_gets_its_own_flush()
    {
        await using var log = AppendLog.Open(TestLogs.Options("/log"), new PowerCutFiles().Boot());
        for (var i = 0; i < 1000; i++) await log.AppendAsync(1, 0, TestLogs.Body(i, 10), Cancel);
        Assert.Equal(1000, log.Stats.Flushes);
    }

    [Fact]
    public async Task A_lone_record_is_flushed_though_the_clock_stands_and_a_hasty_one_when_its_time_comes()
    {
        var clock = new ManualTimeProvider();
        await using var log = AppendLog.Open(TestLogs.Options("/log") with { FlushInterval = Interval, Clock = clock }, new PowerCutFiles().Boot());
        long written = 0;
        for (var second = 0; second < 3; second++)
        {
            for (var burst = 0; burst < 4; burst++) await log.AppendAsync(1, 0, TestLogs.Body(written++, 10), Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancel);
            clock.Advance(TimeSpan.FromSeconds(1));
        }
        for (var burst = 0; burst < 4; burst++) await log.AppendAsync(1, 0, TestLogs.Body(written++, 10), Cancel);
        var hasty = Enumerable.Range(0, 20).Select(_ => log.AppendAsync(1, 0, TestLogs.Body(written++, 10), Cancel).AsTask()).ToArray();
        Assert.Equal(16, log.Stats.Flushes);
        Assert.All(hasty, h => Assert.False(h.IsCompleted));
        clock.Advance(Interval);
        await Task.WhenAll(hasty).WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(17, log.Stats.Flushes);
    }

    [Fact]
    public async Task Closing_flushes_at_once()
    {
        var disk = new PowerCutFiles();
        var options = TestLogs.Options("/log") with { FlushInterval = Interval, Clock = new ManualTimeProvider() };
        var log = AppendLog.Open(options, disk.Boot());
        for (var i = 0; i < 20; i++) log.Append(1, 0, TestLogs.Body(i, 10));
        await log.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        await using var again = AppendLog.Open(options, disk.Boot());
        Assert.Equal(20, TestLogs.ReadAll(again).Count);
    }

    [Fact]
    public void An_interval_of_a_second_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => AppendLog.Open(TestLogs.Options("/log") with { FlushInterval = TimeSpan.FromSeconds(1) }, new PowerCutFiles().Boot()));
        Assert.Contains("FlushInterval", error.Message, StringComparison.Ordinal);
    }
}
