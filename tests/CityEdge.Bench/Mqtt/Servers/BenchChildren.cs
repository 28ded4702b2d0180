using System.Collections.Concurrent;
using CityEdge.Tests.Servers;

namespace CityEdge.Bench.Mqtt.Servers;

/// <summary>Every process that the bench started, so that Ctrl-C leaves none behind.</summary>
internal static class BenchChildren
{
    private static readonly ConcurrentDictionary<ChildProcess, bool> All = new();

    /// <summary>No tiers and no concurrent collector: the generator's first message costs what its last one does.</summary>
    private static readonly Dictionary<string, string> Steady = new() { ["DOTNET_TieredCompilation"] = "0", ["DOTNET_gcConcurrent"] = "0" };

    /// <summary>Starts a program.</summary>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, bool keepInput = false, IReadOnlyDictionary<string, string>? environment = null)
    {
        var child = new ChildProcess(program, arguments, environment, keepInput: keepInput);
        All[child] = true;
        child.Process.Exited += (_, _) => All.TryRemove(child, out _);
        return child;
    }

    /// <summary>Starts a verb of this program, which ends with its input, so also when the bench is killed.</summary>
    public static ChildProcess StartVerb(string verb, IEnumerable<string> arguments) => Start(Environment.ProcessPath!, ["mqtt", verb, .. arguments], keepInput: true, Steady);

    /// <summary>kill -9 for all.</summary>
    public static void KillAll()
    {
        foreach (var child in All.Keys)
        {
            try
            {
                child.Process.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
                // It has ended and was disposed of: nothing to kill.
                continue;
            }
        }
    }
}
