using System.Collections.Concurrent;
using CityEdge.Contracts;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Adapters.Tests;

/// <summary>A temporary folder, a clock, a progress store and a sink for one test.</summary>
internal sealed class AdapterFixture : IDisposable, IReadingSink, IAdapterProgress
{
    public static readonly DateTimeOffset T0 = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    private readonly ConcurrentDictionary<string, string> progress = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("cityedge-adapters-").FullName;

    public ManualTimeProvider Clock { get; } = new(T0);

    public ConcurrentQueue<IReadOnlyList<Reading>> Batches { get; } = new();

    public ConcurrentQueue<string> Faults { get; } = new();

    public IEnumerable<Reading> Readings => Batches.SelectMany(b => b);

    /// <summary>Called before a batch is stored; may throw or wait.</summary>
    public Func<IReadOnlyList<Reading>, Task> BeforeStore { get; set; } = _ => Task.CompletedTask;

    public string? Saved(string id) => progress.GetValueOrDefault(id);

    public string Write(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public AdapterResult Create(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var context = new AdapterContext("s", "d", "agent.yaml", Folder, Clock, this, (id, message) => Faults.Enqueue(message));
        return AdapterRegistry.CreateDefault().Create(context, (YamlMappingNode)stream.Documents[0].RootNode);
    }

    public T Make<T>(string yaml) where T : IAdapter
    {
        var result = Create(yaml);
        Assert.Empty(result.Errors);
        return Assert.IsType<T>(result.Adapter);
    }

    public async Task WriteAsync(IReadOnlyList<Reading> batch, CancellationToken cancellation)
    {
        await BeforeStore(batch);
        Batches.Enqueue(batch);
    }

    public Task WriteEventsAsync(IReadOnlyList<CloudEvent> events, CancellationToken cancellation) => Task.CompletedTask;

    public ValueTask<string?> LoadAsync(string adapterId, CancellationToken cancellation) => ValueTask.FromResult(progress.GetValueOrDefault(adapterId));

    public ValueTask SaveAsync(string adapterId, string value, CancellationToken cancellation)
    {
        progress[adapterId] = value;
        return default;
    }

    /// <summary>Waits for a condition that another task brings about.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        var stop = TestContext.Current.CancellationToken;
        var limit = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(limit) > TimeSpan.FromSeconds(20)) Assert.Fail($"20 s went by without {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, stop);
        }
    }

    /// <summary>Folder of the vectors beside the repository; skips the test where it is absent.</summary>
    public static string Shared(string path)
    {
        var root = Environment.GetEnvironmentVariable("CITYEDGE_SHARED");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "CityEdge.sln"))) continue;
            foreach (var candidate in (string[])["../shared", "../../shared"])
            {
                if (Directory.Exists(Path.Combine(folder.FullName, candidate))) root ??= Path.Combine(folder.FullName, candidate);
            }
            break;
        }
        var full = root is null ? null : Path.Combine(root, path);
        if (!Path.Exists(full)) Assert.Skip($"{path} is not beside this checkout");
        return full!;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
