using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Report;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary><c>trie</c>: a message for one kiosk must not cost more because ten thousand others are subscribed to theirs.</summary>
internal static class ManySubscribers
{
    public static async Task RunAsync(BenchContext bench)
    {
        var count = bench.Quick ? 2_000 : 10_000;
        await using var servers = await bench.StartAllAsync("hub", "mosquitto");
        // All publish to one topic, which only one of them subscribes to.
        var one = new LoadSettings { Port = 0, Publishers = 100, Seconds = bench.Seconds, Payload = bench.Payload, Topic = "city/kiosk0/show", Filter = "city/kiosk0/show" };
        await bench.WarmUpAsync(servers, one);
        var runs = new List<RunFigures>();
        var many = $"{count} subscribed";
        for (var round = 1; round <= bench.Runs; round++)
        {
            foreach (var server in servers.All)
            {
                runs.Add(await bench.RunAsync(server, "1 subscribed", round, one));
                await using var others = await GeneratorProcess.StartAsync(new LoadSettings { Port = server.Port, Hold = true, Publishers = count - 1, Prefix = "other", Filter = "city/kiosk{i}x/show" });
                runs.Add(await bench.RunAsync(server, many, round, one));
            }
        }
        bench.Report.Table($"trie: 100 publishers, QoS 1, to the topic of one kiosk, median (least-most) of {bench.Runs}", RunFigures.Columns, FanIn.Rows(runs));
        FanIn.NoFaults(bench, "trie", runs);
        double Cpu(string scenario) => BenchReport.Median(runs.Where(r => r.Server == "hub" && r.Scenario == scenario).Select(r => r.CpuPerMillion));
        if (!bench.Wants("hub")) return;
        var ratio = Cpu(many) / Cpu("1 subscribed");
        bench.Report.Judge($"trie: CPU per message with {many} against one", "<= 2x", FormattableString.Invariant($"{ratio:0.00}x"), ratio <= 2);
    }
}
