namespace CityEdge.SegmentLog.Tests;

/// <summary>Reading into a chunk gives what reading into a list gives, and allocates nothing.</summary>
public sealed class ChunkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_chunk_holds_what_a_list_would_from_any_position_in_memory_or_on_disk(int seed)
    {
        var random = new Random(seed);
        var disk = new PowerCutFiles();
        var log = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        for (var i = 0; i < 300; i++)
        {
            log.Append(1, i, TestLogs.Body(i, random.Next(0, 3000)));
            if (random.Next(20) == 0) await log.WaitDurableAsync(log.End, Cancel);
        }
        await log.WaitDurableAsync(log.End, Cancel);
        Check(log);
        await log.DisposeAsync();
        await using var again = AppendLog.Open(TestLogs.Options("/log"), disk.Boot());
        Check(again);

        void Check(AppendLog read)
        {
            var all = TestLogs.ReadAll(read);
            Assert.Equal(300, all.Count);
            var chunk = new LogChunk();
            for (var from = 0L; read.Read(from, chunk, 1 + random.Next(20_000)) > 0; from = chunk.NextPosition) Same(from);
            Assert.Equal(0, read.Read(read.DurableEnd, chunk, 4096));
            // Inside a record means that record or, where the scan finds the next boundary, that one: the same as for a list.
            for (var k = 0; k < 50; k++)
            {
                var from = random.NextInt64(read.Start, read.DurableEnd);
                Assert.Equal(TestLogs.ReadAll(read, from)[0].Position, read.Read(from, chunk, 4096) == 0 ? -1 : First(chunk).Position);
            }

            void Same(long from)
            {
                foreach (var record in chunk)
                {
                    var expected = all.Find(r => r.Position >= from);
                    Assert.Equal((expected.Position, expected.NextPosition, expected.TimeMs, TestLogs.Id(expected)), (record.Position, record.NextPosition, record.TimeMs, TestLogs.Id(record)));
                    from = record.NextPosition;
                }
                Assert.Equal(from, chunk.NextPosition);
            }
        }
    }

    [Fact]
    public async Task A_damaged_record_is_skipped_as_for_a_list()
    {
        using var folder = new TestFolder();
        var options = folder.Options with { VerifyOnOpenBytes = 1 };
        await using (var log = AppendLog.Open(options))
        {
            for (var i = 0; i < 200; i++) await log.AppendAsync(1, i, TestLogs.Body(i, 400), Cancel);
        }
        var bytes = await File.ReadAllBytesAsync(folder.Segments[0], Cancel);
        bytes[4096 + 2000] ^= 0xff;
        await File.WriteAllBytesAsync(folder.Segments[0], bytes, Cancel);
        await using var again = AppendLog.Open(options);
        var chunk = new LogChunk();
        var found = new List<long>();
        for (var from = 0L; again.Read(from, chunk, 1 << 20) > 0; from = chunk.NextPosition)
        {
            foreach (var record in chunk) found.Add(TestLogs.Id(record));
        }
        Assert.Equal(199, found.Count);
        Assert.Equal(found.Order(), found);
    }

    [Fact]
    public async Task Reading_into_a_chunk_allocates_nothing_in_memory_or_on_disk()
    {
        using var folder = new TestFolder();
        await using var log = AppendLog.Open(folder.Options with { SegmentBytes = 1 << 20 });
        for (var i = 0; i < 20; i++)
        {
            for (var k = 0; k < 100; k++) log.Append(1, i, TestLogs.Body(i, 100));
            await log.WaitDurableAsync(log.End, Cancel);
        }
        var chunk = new LogChunk();
        Assert.Equal(2000, ReadAll());
        var before = GC.GetAllocatedBytesForCurrentThread();
        var read = ReadAll();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(2000, read);
        Assert.True(allocated <= 128, $"2000 records: {allocated} bytes");

        int ReadAll()
        {
            var count = 0;
            for (var from = 0L; log.Read(from, chunk, 16 << 10) > 0; from = chunk.NextPosition)
            {
                foreach (var record in chunk) count += record.Body.Length > 0 ? 1 : 0;
            }
            return count;
        }
    }

    private static LogRecord First(LogChunk chunk)
    {
        foreach (var record in chunk) return record;
        throw new InvalidOperationException("empty");
    }
}
