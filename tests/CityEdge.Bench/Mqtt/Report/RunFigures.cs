using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Measure;

namespace CityEdge.Bench.Mqtt.Report;

/// <summary>One measured run of one server.</summary>
internal sealed record RunFigures(string Scenario, string Server, int Round, LoadSettings Settings, ConnectResult Connect, LoadResult Load)
{
    /// <summary>Managed memory that the server allocated, bytes; null where it does not tell.</summary>
    public double? Allocated { get; init; }

    public double? Flushes { get; init; }

    /// <summary>4 KiB flushes on the same disk just before and after.</summary>
    public Latencies? Disk { get; init; }

    /// <summary>Load average of the machine at the begin.</summary>
    public double MachineLoad { get; init; }

    /// <summary>CPU seconds of the server from the last delivery until nothing of the run was left to do.</summary>
    public double Afterwards { get; init; }

    /// <summary>CPU seconds of the server per million messages, until nothing is left to do.</summary>
    public double CpuPerMillion => (Load.ServerCpu + Afterwards) / Math.Max(1, Messages) * 1e6;

    public double GeneratorPerMillion => Load.GeneratorCpu / Math.Max(1, Messages) * 1e6;

    /// <summary>Messages published and through.</summary>
    public long Messages => Load.Subscribers.Count > 0 ? Load.Subscribers[0].Deliveries : Load.Sent;

    public double ServerCores => Load.ServerCpu / Math.Max(0.001, Load.Seconds);

    /// <summary>Lost, repeated, out of order, damaged, unacknowledged, wrongly acknowledged and connections ended, all subscribers together.</summary>
    public long Faults => Load.Subscribers.Sum(s => s.Lost + s.Repeated + s.Late + s.Foreign + (s.Closed ? 1 : 0)) + Load.Unacknowledged + Load.Unexpected + Load.PublishersClosed;

    public static readonly IReadOnlyList<string> Columns =
        ["scenario", "server", "msg/s", "CPU-s/M", "cores", "ack p50 / p99 ms", "delivery p50 / p99 ms", "RSS / peak MB", "B alloc/msg", "flushes", "generator CPU-s/M", "other cores", "lost / repeated / late / other"];

    /// <summary>The table row of some runs of one server in one scenario.</summary>
    public static IReadOnlyList<string> Row(IReadOnlyList<RunFigures> runs)
    {
        string Of(Func<RunFigures, double> value) => BenchReport.Spread(runs.Select(value));
        string Mid(Func<RunFigures, double> value) => BenchReport.Short(BenchReport.Median(runs.Select(value)));
        string Maybe(Func<RunFigures, double?> value) => runs.Any(r => value(r) is null) ? "-" : Mid(r => value(r)!.Value);
        var subscribed = runs[0].Load.Subscribers.Count > 0;
        return
        [
            runs[0].Scenario, runs[0].Server, Of(r => r.Load.Rate), Of(r => r.CpuPerMillion), Mid(r => r.ServerCores),
            runs[0].Settings.Qos > 0 ? $"{Mid(r => r.Load.Ack.P50)} / {Of(r => r.Load.Ack.P99)}" : "-",
            subscribed ? $"{Mid(r => r.Load.Subscribers[0].Delivery.P50)} / {Of(r => r.Load.Subscribers[0].Delivery.P99)}" : "-",
            $"{Mid(r => r.Load.ServerRss / 1e6)} / {Mid(r => r.Load.ServerPeak / 1e6)}",
            Maybe(r => r.Allocated / Math.Max(1, r.Messages)), Maybe(r => r.Flushes), Mid(r => r.GeneratorPerMillion), Of(r => r.Load.OtherCores),
            $"{runs.Sum(r => r.Load.Subscribers.Sum(s => s.Lost))} / {runs.Sum(r => r.Load.Subscribers.Sum(s => s.Repeated))} / {runs.Sum(r => r.Load.Subscribers.Sum(s => s.Late))} / {runs.Sum(r => r.Faults - r.Load.Subscribers.Sum(s => s.Lost + s.Repeated + s.Late))}",
        ];
    }
}
