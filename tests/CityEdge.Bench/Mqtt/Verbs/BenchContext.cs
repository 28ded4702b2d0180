using CityEdge.Bench.Mqtt.Attacks;
using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Report;
using CityEdge.Bench.Mqtt.Servers;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary>What all verbs share: options, the folder for data, the report, and how a run is made.</summary>
internal sealed class BenchContext : IDisposable
{
    private readonly DirectoryInfo folder;
    private readonly HashSet<string>? only;
    private int folders;

    public BenchContext(BenchArguments arguments, BenchReport report)
    {
        Report = report;
        Quick = arguments.Flag("quick");
        Tls = arguments.Flag("tls");
        Runs = arguments.Number("runs", Quick ? 1 : 3);
        Seconds = arguments.Seconds("seconds", Quick ? 2 : 5);
        Payload = arguments.Number("payload", 150);
        Hub = HubServer.Find(arguments.Text("hub"));
        HubArguments = arguments.Text("hub-config") is { } config ? ["--config", Path.GetFullPath(config)] : [];
        only = arguments.Text("servers")?.Split(',').ToHashSet(StringComparer.Ordinal);
        if (only?.FirstOrDefault(s => s is not ("hub" or "mosquitto" or "relay" or "sink")) is { } unknown) throw new UsageException($"--servers names '{unknown}'; known: hub,mosquitto,relay,sink.");
        Attacks = arguments.Text("attacks")?.Split(',') ?? Attack.Kinds;
        foreach (var kind in Attacks) Attack.Of(kind);
        if (Runs is < 1 or > 100) throw new UsageException($"--runs is {Runs}; expected 1 to 100.");
        var root = arguments.Text("dir") ?? Path.GetTempPath();
        folder = Directory.CreateDirectory(Path.Combine(root, $"cityedge-bench-{Environment.ProcessId}"));
        Disk = new DiskProbe(folder.FullName);
    }

    public BenchReport Report { get; }

    public bool Quick { get; }

    /// <summary>Idle connections over TLS too.</summary>
    public bool Tls { get; }

    public int Runs { get; }

    public double Seconds { get; }

    public int Payload { get; }

    public string Hub { get; }

    /// <summary>Further arguments of <c>serve</c>.</summary>
    public IReadOnlyList<string> HubArguments { get; }

    /// <summary>The attacks to make, of <see cref="Attack.Kinds"/>.</summary>
    public IReadOnlyList<string> Attacks { get; }

    public DiskProbe Disk { get; }

    public CancellationToken Cancelled { get; init; }

    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(folder.FullName, $"{name}-{folders++}")).FullName;

    public static void Progress(string text) => Console.Error.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss} {text}");

    public bool Wants(string server) => only is null || only.Contains(server);

    public Task<HubServer> StartHubAsync(params IEnumerable<string> more)
    {
        Progress("starting the hub");
        return HubServer.StartAsync(Hub, NewFolder("hub"), [.. HubArguments, .. more]);
    }

    public async Task<BenchServer> StartAsync(string server) => server switch
    {
        "hub" => await StartHubAsync(),
        "mosquitto" => await MosquittoServer.StartAsync(NewFolder("mosquitto")),
        _ => await RelayServer.StartAsync(sink: server == "sink"),
    };

    /// <summary>Starts those of the servers that are wanted.</summary>
    public async Task<ServerSet> StartAllAsync(params IEnumerable<string> servers)
    {
        var set = new ServerSet();
        foreach (var server in servers.Where(Wants)) set.Add(await StartAsync(server));
        return set;
    }

    /// <summary>One run of the generator against a server, with what the server tells before and after.</summary>
    public async Task<RunFigures> RunAsync(BenchServer server, string scenario, int round, LoadSettings settings)
    {
        Cancelled.ThrowIfCancellationRequested();
        var machine = ProcFiles.LoadAverage();
        await server.SettleAsync();
        settings = settings with { Port = server.Port, Watch = server.Pid };
        if (server.Name == "sink") settings = settings with { Subscribers = 0 };
        var durable = server.Name == "hub";
        if (durable) Disk.Measure(100);
        await using var generator = await GeneratorProcess.StartAsync(settings);
        var before = await server.FiguresAsync();
        var result = await generator.GoAsync();
        // What the server put off until after the last delivery belongs to these messages too.
        var cpu = ProcFiles.CpuSeconds(server.Pid);
        await server.SettleAsync();
        var afterwards = ProcFiles.CpuSeconds(server.Pid) - cpu;
        var after = await server.FiguresAsync();
        var figures = new RunFigures(scenario, server.Name, round, settings, generator.Connected, result)
        {
            Allocated = after.AllocatedBytes - before.AllocatedBytes,
            Flushes = after.Flushes - before.Flushes,
            Disk = durable ? Disk.Measure(100) : null,
            MachineLoad = machine,
            Afterwards = afterwards,
        };
        Report.Raw(figures);
        Progress($"{scenario}, {server.Name}, round {round}: {result.Rate:0} msg/s, {figures.CpuPerMillion:0.0} CPU-s/M, {result.OtherCores:0.00} other cores{(figures.Faults > 0 && server.Name != "sink" ? $", {figures.Faults} faults" : "")}");
        return figures;
    }

    /// <summary>Scenarios on all servers, in turn, so that the machine's moods fall on all alike.</summary>
    public async Task<List<RunFigures>> RoundRobinAsync(ServerSet servers, IReadOnlyList<(string Name, LoadSettings Settings)> scenarios)
    {
        var all = new List<RunFigures>();
        for (var round = 1; round <= Runs; round++)
        {
            foreach (var (name, settings) in scenarios)
            {
                foreach (var server in servers.All) all.Add(await RunAsync(server, name, round, settings));
            }
        }
        return all;
    }

    /// <summary>Gives each server some traffic that is not measured: its code is compiled, its memory grown, its disk file there.</summary>
    public async Task WarmUpAsync(ServerSet servers, LoadSettings settings)
    {
        foreach (var server in servers.All)
        {
            Progress($"warming up {server.Name}");
            await using var generator = await GeneratorProcess.StartAsync(settings with { Port = server.Port, Watch = server.Pid, Seconds = Quick ? 1 : 3, Subscribers = server.Name == "sink" ? 0 : settings.Subscribers });
            await generator.GoAsync();
            await server.SettleAsync();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Disk.Dispose();
        folder.Delete(recursive: true);
    }
}
