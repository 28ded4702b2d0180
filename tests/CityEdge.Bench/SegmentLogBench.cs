using System.Diagnostics;
using System.Globalization;
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
        Console.WriteLine("paced   interval  fsyncs/s  records/fsync  CPU-s/M without the generator");
        foreach (var rate in (int[])[5_000, 20_000])
        {
            foreach (var interval in (int[])[0, 2]) await PacedAsync(directory, rate, TimeSpan.FromMilliseconds(interval));
        }
        foreach (var interval in (int[])[0, 2]) await WindowAsync(directory, 20, TimeSpan.FromMilliseconds(interval));
        Directory.Delete(directory, recursive: true);
    }

    /// <summary>Single records at an even rate, as many sparse devices send them.</summary>
    private static async Task PacedAsync(string directory, int rate, TimeSpan interval)
    {
        Directory.Delete(directory, recursive: true);
        await using var log = AppendLog.Open(Options(directory) with { FlushInterval = interval });
        var (spent, generator, before, clock) = (Environment.CpuUsage.TotalTime, TimeSpan.Zero, log.Stats, Stopwatch.StartNew());
        var count = 0L;
        var thread = new Thread(() =>
        {
            var body = new byte[200];
            while (clock.Elapsed < Each)
            {
                // Spins between records, so that each comes alone; its own time is taken off below.
                while (count < clock.Elapsed.TotalSeconds * rate)
                {
                    log.Append(1, 0, body);
                    count++;
                }
            }
            // Nanoseconds that this thread ran; what it spun is no cost of the log.
            generator = TimeSpan.FromMicroseconds(long.Parse(File.ReadAllText("/proc/thread-self/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1000.0);
        });
        thread.Start();
        thread.Join();
        var after = log.Stats;
        var cpu = (Environment.CpuUsage.TotalTime - spent - generator).TotalSeconds;
        var flushes = after.Flushes - before.Flushes;
        Console.WriteLine($"{rate,6}  {interval.TotalMilliseconds,5:F0} ms  {flushes / Each.TotalSeconds,8:F0}  {(double)count / flushes,13:F1}  {cpu / count * 1e6,7:F1}");
    }

    /// <summary>One publisher with a window: it sends again when the oldest is durable.</summary>
    private static async Task WindowAsync(string directory, int window, TimeSpan interval)
    {
        Directory.Delete(directory, recursive: true);
        await using var log = AppendLog.Open(Options(directory) with { FlushInterval = interval });
        var body = new byte[200];
        var clock = Stopwatch.StartNew();
        var waiting = new Queue<long>();
        long done = 0;
        while (clock.Elapsed < Each)
        {
            while (waiting.Count < window) waiting.Enqueue(log.Append(1, 0, body));
            await log.WaitDurableAsync(waiting.Peek());
            for (; waiting.TryPeek(out var next) && next <= log.DurableEnd; done++) waiting.Dequeue();
        }
        Console.WriteLine($"one publisher, {window} in flight, interval {interval.TotalMilliseconds:F0} ms: {done / clock.Elapsed.TotalSeconds:F0} records/s, {log.Stats.Flushes / clock.Elapsed.TotalSeconds:F0} fsyncs/s");
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
