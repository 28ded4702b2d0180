using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Report;
using CityEdge.Bench.Mqtt.Servers;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary><c>idle</c>: what a connection costs that says nothing; <c>--tls</c> for the hub's TLS listener too.</summary>
internal static class IdleConnections
{
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(BenchContext bench)
    {
        var count = bench.Quick ? 2_000 : 10_000;
        var runs = new List<Idle>();
        for (var round = 1; round <= bench.Runs; round++)
        {
            foreach (var name in new[] { "hub", "mosquitto" }.Where(bench.Wants))
            {
                // A fresh process for each run: memory does not shrink again. A few hundred connections first compile the code.
                await using var server = await bench.StartAsync(name);
                var hold = new LoadSettings { Port = server.Port, Watch = server.Pid, Hold = true, Filter = "", Publishers = 500, Prefix = "warm" };
                await using (await GeneratorProcess.StartAsync(hold)) { }
                await Task.Delay(Rest, TimeProvider.System, bench.Cancelled);
                runs.Add(await MeasureAsync(bench, name, server.Pid, () => GeneratorProcess.StartAsync(hold with { Publishers = count, Prefix = "idle" }), count, round));
            }
        }
        Print(bench, $"idle: {count} connections that say nothing, 64 handshakes at a time, median (least-most) of {bench.Runs}", runs);
        if (BenchReport.Median(runs.Where(r => r.Server == "hub").Select(r => r.Bytes / r.Count / 1000)) is var bytes && runs.Exists(r => r.Server == "hub"))
            bench.Report.Judge("idle: memory per connection", "<= 6 kB", FormattableString.Invariant($"{bytes:0.0} kB"), bytes <= 6);
        if (runs.Exists(r => r.Server == "hub") && runs.Exists(r => r.Server == "mosquitto"))
        {
            var ratio = BenchReport.Median(runs.Where(r => r.Server == "hub").Select(r => r.Connect.Count / r.Connect.Seconds)) / BenchReport.Median(runs.Where(r => r.Server == "mosquitto").Select(r => r.Connect.Count / r.Connect.Seconds));
            bench.Report.Judge("idle: connects a second against mosquitto", ">= 0.5x", FormattableString.Invariant($"{ratio:0.00}x"), ratio >= 0.5);
        }
        if (bench.Tls && bench.Wants("hub")) await TlsAsync(bench);
    }

    private static async Task TlsAsync(BenchContext bench)
    {
        var count = bench.Quick ? 200 : 2_000;
        var keys = bench.NewFolder("tls");
        await using (var maker = BenchChildren.Start(bench.Hub, ["tls", "init", "--dir", keys, "--name", "localhost"])) await maker.WaitForExitAsync(TimeSpan.FromSeconds(60));
        var (certificate, key) = (Find("server*.crt", "server*.pem"), Find("server*.key", "server*-key.pem"));
        var runs = new List<Idle>();
        for (var round = 1; round <= bench.Runs; round++)
        {
            await using var hub = await bench.StartHubAsync("--mqtts", "127.0.0.1:0", "--cert", certificate, "--key", key);
            await using (await TlsHoldProcess.StartAsync(hub.TlsPort, 100, hub.Pid)) { }
            await Task.Delay(Rest, TimeProvider.System, bench.Cancelled);
            runs.Add(await MeasureAsync(bench, "hub, TLS", hub.Pid, () => TlsHoldProcess.StartAsync(hub.TlsPort, count, hub.Pid), count, round));
        }
        Print(bench, $"idle: {count} TLS 1.3 connections, full handshakes, 16 at a time; clients are SslStream in another process", runs);

        string Find(params string[] patterns) => patterns.SelectMany(p => Directory.EnumerateFiles(keys, p)).FirstOrDefault() ?? throw new FileNotFoundException($"'tls init' left no {patterns[0]} in {keys}: {string.Join(", ", Directory.EnumerateFiles(keys).Select(Path.GetFileName))}");
    }

    private static async Task<Idle> MeasureAsync<T>(BenchContext bench, string name, int pid, Func<Task<T>> connect, int count, int round)
        where T : IConnected
    {
        bench.Cancelled.ThrowIfCancellationRequested();
        var before = ProcFiles.Memory(pid).Now;
        await using var held = await connect();
        await Task.Delay(Rest, TimeProvider.System, bench.Cancelled);
        var idle = new Idle(name, count, held.Connected, ProcFiles.Memory(pid).Now - before, before);
        var cpu = ProcFiles.CpuSeconds(pid);
        await Task.Delay(Rest, TimeProvider.System, bench.Cancelled);
        idle = idle with { Cores = (ProcFiles.CpuSeconds(pid) - cpu) / Rest.TotalSeconds };
        bench.Report.Raw(idle);
        BenchContext.Progress($"idle, {name}, round {round}: {idle.Bytes / (double)count / 1000:0.00} kB each, {count / held.Connected.Seconds:0} connects/s");
        return idle;
    }

    private static void Print(BenchContext bench, string title, List<Idle> runs) => bench.Report.Table(title,
        ["server", "kB RSS per connection", "connects/s", "server CPU ms per connect", "generator CPU ms per connect", "refused", "RSS before MB", "cores while idle"],
        runs.GroupBy(r => r.Server).Select(g => (IReadOnlyList<string>)
        [
            g.Key, BenchReport.Spread(g.Select(r => r.Bytes / (double)r.Count / 1000)), BenchReport.Spread(g.Select(r => r.Count / r.Connect.Seconds)), BenchReport.Spread(g.Select(r => r.Connect.ServerCpu / r.Count * 1000)),
            BenchReport.Spread(g.Select(r => r.Connect.GeneratorCpu / r.Count * 1000)), $"{g.Sum(r => r.Connect.Failed)}", BenchReport.Spread(g.Select(r => r.Before / 1e6)), BenchReport.Spread(g.Select(r => r.Cores)),
        ]));

    private sealed record Idle(string Server, int Count, ConnectResult Connect, double Bytes, double Before)
    {
        public double Cores { get; init; }
    }
}
