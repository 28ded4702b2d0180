using System.Diagnostics;

namespace CityEdge.Bench.Mqtt.Measure;

/// <summary>Resident memory of a process every 50 ms while something runs.</summary>
internal sealed class MemoryWatch : IAsyncDisposable
{
    private readonly List<(long At, long Bytes)> samples = [];
    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;

    public MemoryWatch(int pid) => loop = Task.Run(async () =>
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        do
        {
            lock (samples) samples.Add((Stopwatch.GetTimestamp(), ProcFiles.Memory(pid).Now));
        }
        while (!stop.IsCancellationRequested && await timer.WaitForNextTickAsync(CancellationToken.None));
    });

    /// <summary>Most bytes between two times of the monotonic clock; 0 without a sample.</summary>
    public long Peak(long from, long to)
    {
        lock (samples) return samples.Where(s => s.At >= from && s.At < to).Select(s => s.Bytes).DefaultIfEmpty().Max();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        stop.Dispose();
    }
}
