using System.Runtime.InteropServices;
using CityEdge.Bench.Mqtt.Attacks;
using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Net;
using CityEdge.Bench.Mqtt.Report;
using CityEdge.Bench.Mqtt.Servers;
using CityEdge.Bench.Mqtt.Verbs;

namespace CityEdge.Bench.Mqtt;

/// <summary><c>mqtt VERB</c>: the hub's MQTT endpoint beside mosquitto and a relay, under load that this program makes itself.</summary>
internal static class MqttBench
{
    private static readonly (string Name, string Help, Func<BenchContext, Task> Run)[] Verbs =
    [
        ("fan-in", "1000 publishers as fast as they go, QoS 0 and 1, 1 and 20 messages a send", FanIn.RunAsync),
        ("paced", "20 000 and 5 000 messages a second over 1000 connections, QoS 1", Paced.RunAsync),
        ("one", "one connection with a window of 20", OneConnection.RunAsync),
        ("slow", "a subscriber stops reading for 4 s at 20 000 messages a second; and until its queue is over the cap", SlowSubscriber.RunAsync),
        ("idle", "10 000 connections that say nothing: memory, connects a second; --tls for TLS too", IdleConnections.RunAsync),
        ("reconnect", "10 000 sessions, hub killed, all come back", Reconnect.RunAsync),
        ("attack", "100 publishers at 1000 messages a second while others misbehave in seven ways", UnderAttack.RunAsync),
        ("line", "readings through journal, decoding, 50 rules and store: processor time by stage", WholeLine.RunAsync),
        ("trie", "10 000 subscribed kiosks, messages to one of them", ManySubscribers.RunAsync),
    ];

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length == 0 || arguments.Contains("--help"))
        {
            Help(arguments.Length == 0 ? Console.Error : Console.Out);
            return arguments.Length == 0 ? 2 : 0;
        }
        try
        {
            var options = new BenchArguments(arguments[1..]);
            return arguments[0] switch
            {
                "load" => LoadCommand.Run(options),
                "relay" => RelayCommand.Run(options),
                "attack-as" => AttackCommand.Run(options),
                "tls-hold" => await TlsHoldCommand.RunAsync(options),
                _ => await BenchAsync(arguments[0], options),
            };
        }
        catch (UsageException error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            return 2;
        }
    }

    private static async Task<int> BenchAsync(string name, BenchArguments options)
    {
        var chosen = name == "all" ? Verbs : [.. Verbs.Where(v => v.Name == name)];
        if (chosen.Length == 0) throw new UsageException($"'{name}' is no verb; known: {string.Join(", ", Verbs.Select(v => v.Name))}, all, load, relay. See --help.");
        Native.RaiseOpenFiles();
        using var cancel = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            cancel.Cancel();
            BenchChildren.KillAll();
        }
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var report = new BenchReport(Console.Out);
        var file = options.Text("json");
        var began = TimeProvider.System.GetUtcNow();
        using var bench = new BenchContext(options, report) { Cancelled = cancel.Token };
        options.RejectUnknown();
        try
        {
            foreach (var verb in chosen) await verb.Run(bench);
        }
        catch (Exception error) when (cancel.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync($"Stopped: {error.Message.Split('\n')[0]}");
            return 130;
        }
        finally
        {
            BenchChildren.KillAll();
        }
        if (chosen.Length > 1) report.Summary();
        report.Note(FormattableString.Invariant($"Machine: {Environment.ProcessorCount} cores, load average at the end {ProcFiles.LoadAverage():0.00}; disk: 4 KiB flush p50 {bench.Disk.Flushes.P50:0.00} ms, p99 {bench.Disk.Flushes.P99:0.00} ms over {bench.Disk.Flushes.Count}."));
        if (file is not null) report.Save(file, new { cores = Environment.ProcessorCount, load = ProcFiles.LoadAverage(), began, ended = TimeProvider.System.GetUtcNow(), disk = bench.Disk.Flushes, hub = bench.Hub });
        return report.Verdicts.All(v => v.Met) ? 0 : 1;
    }

    private static void Help(TextWriter output)
    {
        output.WriteLine("usage: CityEdge.Bench mqtt VERB [options]\n");
        foreach (var (name, help, _) in Verbs) output.WriteLine($"  {name,-10} {help}");
        output.WriteLine("""
              all        everything, with a table of verdicts

              load       the generator alone, against a server that runs: --port PORT; see Load/LoadSettings.cs
              relay      the relay alone: prints 'ready PORT'; --sink, --fault drop|duplicate|reorder|corrupt --fault-at N

            Every server is started on free loopback ports with data in a temporary folder, and stopped. Tables go to standard output, progress to standard error.
            Exit code 0: every target met; 1: one missed; 2: usage.

              --runs N          rounds over all servers, interleaved (3; 1 with --quick)
              --seconds N       how long a run publishes (5; 2 with --quick)
              --payload N       bytes (150)
              --servers LIST    only some of hub,mosquitto,relay,sink
              --hub PROGRAM     the hub to measure (hub/CityEdge.Hub/bin/Release/net10.0/cityedge-hub)
              --hub-config FILE its configuration file
              --dir DIR         where the data go: the disk to measure (the temporary folder)
              --json FILE       every run and verdict
              --tls             idle: TLS connections to the hub too
              --attacks LIST    attack: only some of slow-loris,half-open,huge-length,connect-burst,subscription-bomb,never-reads,garbage
              --quick           scaled down
            """);
    }
}
