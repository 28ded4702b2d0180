using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.SegmentLog.Tests;

/// <summary>Any sequence of appends, reads, commits, trims, reopenings and cuts does what a list would do.</summary>
public sealed class ModelTests
{
    [Fact]
    public void The_log_behaves_as_a_list_of_records()
    {
        var step = Gen.Choose(0, 99).Two().Select(pair => (Op: pair.Item1, Arg: pair.Item2));
        Prop.ForAll(Arb.From(Gen.ListOf(step)), steps => Run([.. steps]).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(200));
    }

    private static async Task<bool> Run((int Op, int Arg)[] steps)
    {
        var disk = new PowerCutFiles();
        var options = TestLogs.Options("/model") with { SegmentBytes = 8192, MaxBytes = 64 << 10, MaxRecordBytes = 2000, MaxUnflushedBytes = 4096 };
        var log = AppendLog.Open(options, disk.Boot());
        var model = new List<(long Id, long Next)>();
        long nextId = 0, committed = 0;
        foreach (var (op, arg) in steps)
        {
            switch (op)
            {
                case < 60:
                    try
                    {
                        var next = await log.AppendAsync(1, 0, TestLogs.Body(nextId, arg * 19));
                        model.Add((nextId++, next));
                    }
                    catch (LogFullException) when (log.Stats.DiskBytes >= 56 << 10)
                    {
                        // Refused at the cap and at no other time.
                    }
                    break;
                case < 75:
                    var some = new List<LogRecord>();
                    log.Read(committed, some, 1 + arg % 7, 1 + arg * 50);
                    var expected = model.Where(m => m.Next > committed).Take(some.Count).Select(m => m.Id);
                    if (!some.Select(TestLogs.Id).SequenceEqual(expected)) return false;
                    if (some.Count == 0) break;
                    committed = some[^1].NextPosition;
                    log.OpenCursor("c").Commit(committed);
                    break;
                case < 85:
                    if (committed > 0) log.Trim();
                    break;
                case < 95:
                    await log.DisposeAsync();
                    log = AppendLog.Open(options, disk.Boot());
                    if (committed > 0 && log.OpenCursor("c").Position != committed) return false;
                    break;
                default:
                    if (committed > 0) await log.OpenCursor("c").FlushAsync();
                    disk.Cut(new Random(arg));
                    await log.DisposeAsync();
                    log = AppendLog.Open(options, disk.Boot());
                    if (committed > 0 && log.OpenCursor("c").Position != committed) return false;
                    break;
            }
            var kept = model.Where(m => m.Next > log.Start).Select(m => m.Id);
            if (!TestLogs.ReadAll(log).Select(TestLogs.Id).SequenceEqual(kept) || log.Start > committed) return false;
        }
        await log.DisposeAsync();
        return true;
    }
}
