using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Hosting;

/// <summary>Looks every few seconds whether journal and disk have room, and raises an incident of the hub itself before they have none.</summary>
public sealed class StorageWatch(HubOptions options, AppendLog journal, SystemIncidents incidents)
{
    /// <summary>Share of the journal's cap that one consumer may be behind: above the first it is a fault, below the second it is over.</summary>
    private const double Full = 0.8, Relaxed = 0.6;

    /// <summary>Free bytes on the data directory's disk: below the first it is a fault, above the second it is over. Two segments and a little.</summary>
    private const long Scarce = 192L << 20, Plenty = 256L << 20;

    private const long Segment = 64L << 20;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Every);
        do await LookAsync(ct);
        while (await timer.WaitForNextTickAsync(ct));
    }

    private async Task LookAsync(CancellationToken ct)
    {
        var stats = journal.Stats;
        if (stats.Cursors.MaxBy(c => c.BacklogBytes) is { } slowest)
        {
            // The segment that is written to and the spare are never free.
            var share = slowest.BacklogBytes / (double)Math.Max(Segment, stats.MaxBytes - (2 * Segment));
            if (share >= Full) await incidents.RaiseAsync(Nearly(slowest, stats), ct);
            else if (share < Relaxed) await incidents.ClearAsync("journal", ct);
        }
        var free = new DriveInfo(options.Data).AvailableFreeSpace;
        if (stats.NoSpace is not null || free < Scarce) await incidents.RaiseAsync(Scant(free), ct);
        else if (free > Plenty) await incidents.ClearAsync("disk", ct);
    }

    private static SystemIncident Nearly(CursorStats slowest, LogStats stats) => new("journal", Severity.P2,
        new("消息日志即将写满", "The journal is nearly full"),
        new($"读者 {slowest.Name} 落后 {slowest.BacklogBytes >> 20} MiB，上限 {stats.MaxBytes >> 20} MiB（--journal-max）。写满后不再确认消息，设备自行缓存。请恢复该读者（遥测落后时检查 InfluxDB），或提高上限。",
            $"Its reader '{slowest.Name}' is {slowest.BacklogBytes >> 20} MiB behind, the cap is {stats.MaxBytes >> 20} MiB (--journal-max). When it is full messages are no longer acknowledged and wait at the devices. Mend that reader (telemetry: look at InfluxDB), or raise the cap."));

    private SystemIncident Scant(long free) => new("disk", Severity.P2,
        new("数据磁盘空间不足", "The disk of the data directory is nearly full"),
        new($"{options.Data} 所在磁盘剩余 {free >> 20} MiB。写满后不再确认消息，设备自行缓存；腾出空间后自动恢复。", $"{free >> 20} MiB are free on the disk of {options.Data}. When it is full messages are no longer acknowledged and wait at the devices; the hub goes on by itself once there is room. Free space there."));
}
