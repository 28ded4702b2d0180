using System.Diagnostics;
using CityEdge.SegmentLog;

namespace CityEdge.Bench;

/// <summary>Durable 200-byte records a second by 1, 64 and 512 appenders that each wait for their flush, then read-back and recovery rates.</summary>
internal static class SegmentLogBench
{
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(string directory)
    {
        Console.WriteLine("waiters  records/s  p50 ms  p99 ms  records/flush");
        foreach (var waiters in (int[])[1, 64, 512])
        {
            for (var run = 0; run < 3; run++) await AppendAsync(directory, waiters);
        }
        await ReadAsync(directory);
        Directory.Delete(directory, recursive: true);
    }

    private static AppendLogOptions Options(string directory) => new() { Directory = directory, MaxBytes = 8L << 30 };

    private static async Task AppendAsync(string directory, int waiters)
    {
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        await using var log = AppendLog.Open(Options(directory));
        var body = new byte[200];
        await log.AppendAsync(1, 0, body);
        var clock = Stopwatch.StartNew();
        var times = await Task.WhenAll(Enumerable.Range(0, waiters).Select(_ => Task.Run(async () =>
        {
            var own = new List<double>();
            while (clock.Elapsed < Each)
            {
                var began = Stopwatch.GetTimestamp();
                await log.AppendAsync(1, 0, body);
                own.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            return own;
        })));
        var seconds = clock.Elapsed.TotalSeconds;
        double[] all = [.. times.SelectMany(t => t).Order()];
        Console.WriteLine($"{waiters,7}  {all.Length / seconds,9:F0}  {all[all.Length / 2],6:F2}  {all[all.Length * 99 / 100],6:F1}  {log.Stats.RecordsPerFlush,8:F1}");
    }

    private static async Task ReadAsync(string directory)
    {
        const int Records = 1_000_000;
        Directory.Delete(directory, recursive: true);
        await using (var log = AppendLog.Open(Options(directory)))
        {
            var began = Stopwatch.StartNew();
            var body = new byte[200];
            for (var i = 0; i < Records; i++) log.Append(1, i, body);
            await log.WaitDurableAsync(log.End);
            Console.WriteLine($"one appender that does not wait: {Records / began.Elapsed.TotalSeconds:F0} durable records/s");
            began.Restart();
            var some = new List<LogRecord>();
            for (long from = 0; from < log.DurableEnd; from = some[^1].NextPosition)
            {
                some.Clear();
                log.Read(from, some, 5000, 1 << 20);
            }
            Console.WriteLine($"read: {Records / began.Elapsed.TotalSeconds:F0} records/s");
        }
        var opening = Stopwatch.StartNew();
        await using var again = AppendLog.Open(Options(directory));
        Console.WriteLine($"open and check {again.DurableEnd >> 20} MiB: {opening.Elapsed.TotalMilliseconds:F0} ms");
    }
}
