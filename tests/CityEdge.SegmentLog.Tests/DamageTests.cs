using System.Buffers.Binary;

namespace CityEdge.SegmentLog.Tests;

public sealed class DamageTests(ITestOutputHelper output)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<List<LogRecord>> Fill(TestFolder folder, int records, int bytes = 100)
    {
        await using var log = AppendLog.Open(folder.Options);
        for (var i = 0; i < records; i++) await log.AppendAsync(1, i, TestLogs.Body(i, bytes), Cancel);
        return TestLogs.ReadAll(log);
    }

    private static void Change(string path, long offset, params byte[] bytes)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = offset;
        file.Write(bytes);
    }

    [Fact]
    public async Task A_torn_tail_is_cut_and_counted_and_its_bytes_never_come_back()
    {
        using var folder = new TestFolder();
        var records = await Fill(folder, 10);
        var last = records[^1];
        Change(folder.Segments[0], 4096 + last.Position + 60, new byte[60]);
        await using (var log = AppendLog.Open(folder.Options))
        {
            Assert.Equal(last.Position, log.End);
            Assert.InRange(log.Stats.TornBytes, 1, last.NextPosition - last.Position);
            Assert.Equal(0, log.Stats.QuarantinedRegions);
            await log.AppendAsync(1, 0, TestLogs.Body(77, 3), Cancel);
            Assert.Equal([.. Enumerable.Range(0, 9).Select(i => (long)i), 77L], TestLogs.ReadAll(log).Select(TestLogs.Id));
        }
        await using var again = AppendLog.Open(folder.Options);
        Assert.Equal(0, again.Stats.TornBytes);
        Assert.Equal(10, TestLogs.ReadAll(again).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_middle_is_quarantined_and_the_rest_is_read(bool whileOpen)
    {
        using var folder = new TestFolder();
        var records = await Fill(folder, 300);
        var log = AppendLog.Open(folder.Options);
        if (!whileOpen) await log.DisposeAsync();
        // Two neighbours in the first segment, one in the last.
        foreach (var index in (ReadOnlySpan<int>)[20, 21, 295])
        {
            var segment = folder.Segments.Last(s => Base(s) <= records[index].Position);
            Change(segment, 4096 + records[index].Position - Base(segment) + 50, 0xFF, 0xFE);
        }
        if (!whileOpen) log = AppendLog.Open(folder.Options);
        Assert.Equal(Enumerable.Range(0, 300).Where(i => i is not (20 or 21 or 295)).Select(i => (long)i), TestLogs.ReadAll(log).Select(TestLogs.Id));
        var stats = log.Stats;
        Assert.Equal((2, 3L), (stats.QuarantinedRegions, stats.QuarantinedRecordsEstimate));
        Assert.Equal(3 * (records[20].NextPosition - records[20].Position), stats.QuarantinedBytes);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(folder.Path, "quarantine")).Length);
        var some = new List<LogRecord>();
        log.Read(records[21].Position, some, 1, 1);
        Assert.Equal(22, TestLogs.Id(some[0]));
        await log.AppendAsync(1, 0, TestLogs.Body(300, 1), Cancel);
        Assert.Equal(298, TestLogs.ReadAll(log).Count);
        var report = LogInspector.Inspect(folder.Path);
        Assert.Equal((298L, 2, false), (report.Records, report.Damaged.Count, report.Sound));
        await log.DisposeAsync();
    }

    [Fact]
    public async Task A_segment_that_vanished_is_a_counted_gap()
    {
        using var folder = new TestFolder();
        await Fill(folder, 300);
        var middle = folder.Segments[1];
        File.Delete(middle);
        await using var log = AppendLog.Open(folder.Options);
        var ids = TestLogs.ReadAll(log).Select(TestLogs.Id).ToList();
        Assert.Equal((0L, 299L), (ids[0], ids[^1]));
        Assert.Equal(ids.Order(), ids);
        Assert.Equal(300 - ids.Count, log.Stats.QuarantinedRecordsEstimate);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_damaged_segment_header_loses_no_record(int copies)
    {
        using var folder = new TestFolder();
        await Fill(folder, 300);
        foreach (var segment in folder.Segments.Skip(1))
        {
            Change(segment, 17, 1, 2, 3);
            if (copies == 2) Change(segment, 2048 + 5, 1, 2, 3);
        }
        await using (var log = AppendLog.Open(folder.Options))
        {
            Assert.Equal(300, TestLogs.ReadAll(log).Count);
            await log.AppendAsync(1, 0, TestLogs.Body(300, 1), Cancel);
        }
        await using var again = AppendLog.Open(folder.Options);
        Assert.Equal(301, TestLogs.ReadAll(again).Count);
    }

    [Fact]
    public async Task A_newer_format_is_refused_untouched()
    {
        using var folder = new TestFolder();
        await Fill(folder, 3);
        var bytes = File.ReadAllBytes(folder.Segments[0]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(60), RecordFormatMirror.Crc(0, bytes.AsSpan(0, 60)));
        File.WriteAllBytes(folder.Segments[0], bytes);
        var error = Assert.Throws<InvalidDataException>(() => AppendLog.Open(folder.Options));
        Assert.Contains("log format 2", error.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(folder.Segments[0]));
    }

    [Fact]
    public async Task A_payload_that_imitates_a_record_is_never_taken_for_one()
    {
        using var folder = new TestFolder();
        await using (var log = AppendLog.Open(folder.Options))
        {
            await log.AppendAsync(1, 0, TestLogs.Body(0, 0), Cancel);
            // The forger knows the layout and the position, but not the log's salt.
            var forged = new byte[200];
            RecordFormatMirror.Write(forged.AsSpan(8, 60), kind: 9, timeMs: 1, position: log.End + 32 + 8, salt: 0);
            await log.AppendAsync(1, 0, forged, Cancel);
            await log.AppendAsync(1, 0, TestLogs.Body(2, 0), Cancel);
        }
        Change(folder.Segments[0], 4096 + 40 + 16, 0xFF);
        await using var again = AppendLog.Open(folder.Options);
        Assert.Equal([0L, 2L], TestLogs.ReadAll(again).Select(TestLogs.Id));
    }

    [Fact]
    public async Task The_layout_on_disk_is_the_documented_one()
    {
        using var folder = new TestFolder();
        await using (var log = AppendLog.Open(folder.Options)) await log.AppendAsync(7, 0x0102030405060708, "abc"u8.ToArray(), Cancel);
        var bytes = File.ReadAllBytes(folder.Segments[0]);
        var salt = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(12));
        Assert.Equal("CITYEDGE"u8, bytes.AsSpan(0, 8));
        Assert.Equal(bytes.AsSpan(0, 64), bytes.AsSpan(2048, 64));
        var expected = new byte[35];
        "abc"u8.CopyTo(expected.AsSpan(32));
        RecordFormatMirror.Write(expected, 7, 0x0102030405060708, 0, salt);
        Assert.Equal(expected, bytes.AsSpan(4096, 35));
    }

    [Fact]
    public async Task Random_bytes_in_any_file_never_stop_the_log_nor_show_a_false_record()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var pristine = new TestFolder();
        await Fill(pristine, 200, 200);
        await using (var log = AppendLog.Open(pristine.Options)) log.OpenCursor("c").Commit(log.End);
        for (var round = 0; round < 60; round++)
        {
            using var folder = new TestFolder();
            foreach (var path in Directory.GetFiles(pristine.Path, "*", SearchOption.AllDirectories))
            {
                var to = Path.Combine(folder.Path, Path.GetRelativePath(pristine.Path, path));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(path, to);
            }
            var victims = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("lock", StringComparison.Ordinal)).ToArray();
            for (var hits = random.Next(1, 6); hits > 0; hits--)
            {
                var victim = victims[random.Next(victims.Length)];
                var length = new FileInfo(victim).Length;
                if (random.Next(6) == 0)
                {
                    using var file = new FileStream(victim, FileMode.Open);
                    file.SetLength(random.NextInt64(length + 1));
                    continue;
                }
                var garbage = new byte[random.Next(1, (int)Math.Max(2, random.Next(8) == 0 ? length : 64))];
                if (random.Next(3) > 0) random.NextBytes(garbage);
                Change(victim, random.NextInt64(length + 1), garbage);
            }
            await using (var log = AppendLog.Open(folder.Options))
            {
                var before = TestLogs.ReadAll(log).Select(TestLogs.Id).ToList();
                Assert.All(before, id => Assert.InRange(id, 0, 199));
                Assert.Equal(before.Distinct().Order(), before);
                var cursor = log.OpenCursor("c");
                await log.AppendAsync(1, 0, TestLogs.Body(1000 + round, 5), Cancel);
                Assert.Contains(1000 + round, TestLogs.ReadAll(log, cursor.Position).Select(TestLogs.Id));
            }
            await using var again = AppendLog.Open(folder.Options);
            Assert.Equal(1000 + round, TestLogs.Id(TestLogs.ReadAll(again)[^1]));
            LogInspector.Inspect(folder.Path);
        }
    }

    private static long Base(string segment) => Convert.ToInt64(Path.GetFileNameWithoutExtension(segment), 16);
}
