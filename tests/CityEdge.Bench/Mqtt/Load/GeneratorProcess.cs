using System.Text.Json;
using CityEdge.Bench.Mqtt.Servers;
using CityEdge.Tests.Servers;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>The generator as a child: connected first, published when told, its connections open until it is disposed of.</summary>
internal sealed class GeneratorProcess : IConnected
{
    private readonly ChildProcess child;
    private readonly LoadSettings settings;

    private GeneratorProcess(ChildProcess child, LoadSettings settings, ConnectResult connected) => (this.child, this.settings, Connected) = (child, settings, connected);

    public ConnectResult Connected { get; }

    public static async Task<GeneratorProcess> StartAsync(LoadSettings settings)
    {
        var child = BenchChildren.StartVerb("load", [.. settings.ToArguments(), .. settings.Hold ? (string[])[] : ["--ask"]]);
        try
        {
            return new GeneratorProcess(child, settings, Parse<ConnectResult>(await child.WaitForLineAsync("connected ", TimeSpan.FromSeconds(180 + settings.Retry))));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Publishes and gives what was seen.</summary>
    public async Task<LoadResult> GoAsync()
    {
        Begin();
        return await ResultAsync();
    }

    /// <summary>Begins to publish.</summary>
    public void Begin()
    {
        child.Process.StandardInput.WriteLine("go");
        child.Process.StandardInput.Flush();
    }

    /// <summary>Waits for the end of publishing and draining.</summary>
    public async Task<LoadResult> ResultAsync() => Parse<LoadResult>(await child.WaitForLineAsync("result ", TimeSpan.FromSeconds(settings.Seconds + (2 * settings.Drain) + 60)));

    /// <summary>Lets it close its connections in order, or kills it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!child.Process.HasExited)
        {
            child.Process.StandardInput.Close();
            try
            {
                await child.WaitForExitAsync(TimeSpan.FromSeconds(30));
            }
            catch (TimeoutException error)
            {
                Console.Error.WriteLine(error.Message);
            }
        }
        await child.DisposeAsync();
    }

    private static T Parse<T>(string line) => JsonSerializer.Deserialize<T>(line.AsSpan(line.IndexOf(' ') + 1))!;
}
