using CityEdge.Bench.Mqtt.Attacks;
using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Report;
using CityEdge.Bench.Mqtt.Servers;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary><c>attack</c>: what well-behaved publishers feel of others' misbehaviour.</summary>
internal static class UnderAttack
{
    private const double Most = 3;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(BenchContext bench)
    {
        if (!bench.Wants("hub")) return;
        await using var hub = await bench.StartHubAsync();
        var set = new ServerSet();
        set.Add(hub);
        var good = new LoadSettings { Port = hub.Port, Watch = hub.Pid, Publishers = 100, Rate = 1000, Seconds = Math.Max(4, bench.Seconds), Payload = bench.Payload };
        await bench.WarmUpAsync(set, good with { Rate = 0 });
        await bench.WarmUpAsync(set, good);
        var quiet = new List<RunFigures>();
        var attacked = new List<Attacked>();
        for (var round = 1; round <= bench.Runs; round++)
        {
            foreach (var kind in bench.Attacks)
            {
                // Beside each attack a quiet run, so that both meet the same machine.
                quiet.Add(await bench.RunAsync(hub, "quiet", round, good with { Prefix = $"q{round}{kind}" }));
                attacked.Add(await AttackAsync(bench, hub, kind, round, good with { Prefix = $"a{round}{kind}", Seconds = Long(bench, kind, good.Seconds) }));
            }
        }
        var calm = BenchReport.Median(quiet.Select(q => q.Load.Ack.P99));
        bench.Report.Table($"attack: 100 publishers, 1000 msg/s QoS 1, one attack at a time, median (least-most) of {bench.Runs}; quiet is of {quiet.Count}",
            ["attack", "ack p50 ms", "ack p99 ms", "against quiet", "delivery p99 ms", "hub cores", "attacker cores", "hub RSS before / most / after MB", "faults", "attacker"],
            [
                ["quiet", BenchReport.Spread(quiet.Select(q => q.Load.Ack.P50)), BenchReport.Spread(quiet.Select(q => q.Load.Ack.P99)), "1", BenchReport.Spread(quiet.Select(q => q.Load.Subscribers[0].Delivery.P99)), BenchReport.Spread(quiet.Select(q => q.ServerCores)), "-", "-", $"{quiet.Sum(q => q.Faults)}", "-"],
                .. attacked.GroupBy(a => a.Kind).Select(g => (IReadOnlyList<string>)
                [
                    $"{g.Key}: {Attack.Of(g.Key).What}", BenchReport.Spread(g.Select(a => a.Load.Ack.P50)), BenchReport.Spread(g.Select(a => a.Load.Ack.P99)), BenchReport.Short(BenchReport.Median(g.Select(a => a.Load.Ack.P99)) / calm),
                    BenchReport.Spread(g.Select(a => a.Load.Subscribers[0].Delivery.P99)), BenchReport.Spread(g.Select(a => a.Load.ServerCpu / a.Load.Seconds)), BenchReport.Spread(g.Select(a => a.AttackerCores)),
                    $"{BenchReport.Short(BenchReport.Median(g.Select(a => a.Before / 1e6)))} / {BenchReport.Short(g.Max(a => a.Peak / 1e6))} / {BenchReport.Short(BenchReport.Median(g.Select(a => a.After / 1e6)))}", $"{g.Sum(a => a.Faults)}", g.Last().Said,
                ]),
            ]);
        foreach (var group in attacked.GroupBy(a => a.Kind))
        {
            var ratio = BenchReport.Median(group.Select(a => a.Load.Ack.P99)) / calm;
            bench.Report.Judge($"attack, {group.Key}: ack p99 of the others", FormattableString.Invariant($"<= {Most}x of quiet ({calm:0.0} ms), nothing lost"), FormattableString.Invariant($"{ratio:0.0}x, {group.Sum(a => a.Faults)} faults"), ratio <= Most && group.All(a => a.Faults == 0));
        }
    }

    /// <summary>Who only waits is thrown out after 10 s: the run shall see it, and the newcomers.</summary>
    private static double Long(BenchContext bench, string kind, double seconds) => !bench.Quick && kind is ("slow-loris" or "half-open") ? Math.Max(14, seconds) : seconds;

    private static async Task<Attacked> AttackAsync(BenchContext bench, HubServer hub, string kind, int round, LoadSettings settings)
    {
        bench.Cancelled.ThrowIfCancellationRequested();
        await using var attacker = BenchChildren.StartVerb("attack-as", ["--kind", kind, "--port", $"{hub.Port}"]);
        await using var generator = await GeneratorProcess.StartAsync(settings);
        await using var memory = new MemoryWatch(hub.Pid);
        var before = ProcFiles.Memory(hub.Pid).Now;
        generator.Begin();
        await attacker.Process.StandardInput.WriteLineAsync("go");
        await attacker.Process.StandardInput.FlushAsync();
        var cpu = ProcFiles.CpuSeconds(attacker.Process.Id);
        var load = await generator.ResultAsync();
        var cores = (ProcFiles.CpuSeconds(attacker.Process.Id) - cpu) / load.Seconds;
        attacker.Process.StandardInput.Close();
        var said = await attacker.WaitForLineAsync("attacked ", TimeSpan.FromSeconds(30));
        await Task.Delay(Rest, TimeProvider.System, bench.Cancelled);
        var peak = memory.Peak(0, long.MaxValue);
        var figures = new RunFigures(kind, "hub", round, settings, generator.Connected, load);
        var result = new Attacked(kind, load, before, peak, ProcFiles.Memory(hub.Pid).Now, cores, figures.Faults, said["attacked ".Length..]);
        bench.Report.Raw(result);
        BenchContext.Progress($"attack, {kind}, round {round}: ack p99 {load.Ack.P99:0.0} ms, memory {before / 1e6:0} to {peak / 1e6:0} MB, {result.Said}{(result.Faults > 0 ? $", {result.Faults} faults" : "")}");
        return result;
    }

    private sealed record Attacked(string Kind, LoadResult Load, double Before, double Peak, double After, double AttackerCores, long Faults, string Said);
}
