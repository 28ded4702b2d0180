using System.Collections.Concurrent;

namespace CityEdge.SegmentLog.Tests;

/// <summary>Promise 1 of the design: an acknowledgement means stored, whatever instant the power goes at.</summary>
public sealed class PowerCutTests(ITestOutputHelper output)
{
    private const string Folder = "/power/log";

    [Theory]
    [InlineData(WhenFull.Refuse)]
    [InlineData(WhenFull.DropOldest)]
    public async Task A_thousand_power_cuts_lose_nothing_acknowledged_and_show_nothing_false(WhenFull policy)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var history = new History(new PowerCutFiles(), policy, seed);
        for (var round = 0; round < 500; round++) await history.LiveAndDie(round);
        output.WriteLine($"{history.Acknowledged} records acknowledged, {history.Checked} found again, {history.Torn} torn bytes cut");
        Assert.Equal(500, history.Cuts);
        Assert.True(history.Acknowledged > 5000 && history.Torn > 0);
    }

    [Fact]
    public async Task The_same_check_finds_the_loss_when_flushes_do_nothing()
    {
        var history = new History(new PowerCutFiles { IgnoreFlushes = true }, WhenFull.Refuse, 7);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            for (var round = 0; round < 20; round++) await history.LiveAndDie(round);
        });
    }

    /// <summary>One log over many power cuts, and what was promised about it.</summary>
    private sealed class History(PowerCutFiles disk, WhenFull policy, int seed)
    {
        private readonly Random random = new(seed);
        private readonly ConcurrentDictionary<long, long> acknowledged = [];
        private long nextId, committed, flushedCursor, attempted;

        public int Acknowledged { get; private set; }
        public int Checked { get; private set; }
        public long Torn { get; private set; }
        public int Cuts => disk.Cuts;

        public async Task LiveAndDie(int round)
        {
            var cancel = TestContext.Current.CancellationToken;
            // A cut while opening too: that instant is an instant like any other.
            if (round % 5 == 4) disk.CutAfter(random.Next(1, 8), random);
            AppendLog log;
            try
            {
                log = AppendLog.Open(TestLogs.Options(Folder) with { MaxBytes = 192 << 10, WhenFull = policy }, disk.Boot());
            }
            catch (IOException)
            {
                return;
            }
            if (round % 5 != 4) disk.CutAfter(random.Next(1, 120), random);
            try
            {
                Verify(log, round);
                var cursor = log.OpenCursor("reader");
                Assert.InRange(cursor.Position, Math.Max(flushedCursor, 0), Math.Max(committed, log.Start));
                var writers = Enumerable.Range(0, random.Next(1, 5)).Select(w => Write(log, new Random(random.Next()), cancel)).ToList();
                writers.Add(Read(log, cursor, cancel));
                await Task.WhenAll(writers);
            }
            catch (IOException)
            {
                // The power went while it was being verified or read.
            }
            if (disk.Cuts == round) disk.Cut(random);
            await log.DisposeAsync();
        }

        private void Verify(AppendLog log, int round)
        {
            var where = $"seed {seed}, round {round}";
            var found = TestLogs.ReadAll(log);
            Torn += log.Stats.TornBytes;
            var ids = found.Select(TestLogs.Id).ToList();
            Assert.True(ids.Distinct().Count() == ids.Count, $"{where}: a record is there twice");
            Assert.All(ids, id => Assert.True(id < Interlocked.Read(ref attempted), $"{where}: record {id} was never written"));
            var present = ids.ToHashSet();
            foreach (var (id, next) in acknowledged)
            {
                if (next <= log.Start) acknowledged.TryRemove(id, out _);
                else Assert.True(present.Contains(id), $"{where}: record {id} was acknowledged at {next} and is gone; log {log.Start} to {log.End}");
                Assert.True(next <= log.End, $"{where}: position {next} will be given out again");
            }
            Assert.True(log.Stats.QuarantinedRegions == 0, $"{where}: a torn write was taken for a damaged disk");
            Checked += acknowledged.Count;
        }

        private async Task Write(AppendLog log, Random own, CancellationToken cancel)
        {
            try
            {
                for (var i = 0; i < 60; i++)
                {
                    var id = Interlocked.Increment(ref nextId) - 1;
                    InterlockedMax(ref attempted, id + 1);
                    var next = await log.AppendAsync(1, id, TestLogs.Body(id, own.Next(own.Next(3000))), cancel);
                    acknowledged[id] = next;
                    lock (random) Acknowledged++;
                }
            }
            catch (IOException)
            {
                // Dead, or full: nothing more is acknowledged.
            }
        }

        private async Task Read(AppendLog log, LogCursor cursor, CancellationToken cancel)
        {
            try
            {
                for (var i = 0; i < 20; i++)
                {
                    await log.WaitForDataAsync(cursor.Position, cancel).AsTask().WaitAsync(TimeSpan.FromMilliseconds(20), cancel);
                    var some = new List<LogRecord>();
                    if (log.Read(cursor.Position, some, 20, 1 << 20) == 0) continue;
                    InterlockedMax(ref committed, some[^1].NextPosition);
                    cursor.Commit(some[^1].NextPosition);
                    var position = cursor.Position;
                    InterlockedMax(ref committed, position);
                    await cursor.FlushAsync(cancel);
                    flushedCursor = Math.Max(flushedCursor, some[^1].NextPosition);
                    log.Trim();
                }
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                // Dead, or nothing more to read.
            }
        }

        private static void InterlockedMax(ref long target, long value)
        {
            var seen = Interlocked.Read(ref target);
            while (seen < value)
            {
                var found = Interlocked.CompareExchange(ref target, value, seen);
                if (found == seen) return;
                seen = found;
            }
        }
    }
}
