using System.Globalization;
using CityEdge.Tests.Servers;

namespace CityEdge.Bench.Mqtt.Servers;

/// <summary>The ceiling, and with <c>sink</c> the proof that the generator is not the limit.</summary>
internal sealed class RelayServer : BenchServer
{
    private RelayServer(string name, ChildProcess child, int port)
        : base(name, child, port)
    {
    }

    public static async Task<RelayServer> StartAsync(bool sink)
    {
        var child = BenchChildren.StartVerb("relay", ["--until-input-ends", .. sink ? (string[])["--sink"] : []]);
        var ready = await child.WaitForLineAsync("ready ", TimeSpan.FromSeconds(20));
        return new RelayServer(sink ? "sink" : "relay", child, int.Parse(ready.AsSpan(6), CultureInfo.InvariantCulture));
    }
}
