using System.Globalization;
using System.Text.Json;
using CityEdge.Bench.Mqtt.Servers;
using CityEdge.Tests.Servers;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>The TLS clients as a child.</summary>
internal sealed class TlsHoldProcess : IConnected
{
    private readonly ChildProcess child;

    private TlsHoldProcess(ChildProcess child, ConnectResult connected) => (this.child, Connected) = (child, connected);

    /// <inheritdoc />
    public ConnectResult Connected { get; }

    public static async Task<TlsHoldProcess> StartAsync(int port, int connections, int watch)
    {
        var child = BenchChildren.StartVerb("tls-hold", ["--port", Text(port), "--connections", Text(connections), "--watch", Text(watch)]);
        var line = await child.WaitForLineAsync("connected ", TimeSpan.FromSeconds(300));
        return new TlsHoldProcess(child, JsonSerializer.Deserialize<ConnectResult>(line.AsSpan(line.IndexOf(' ') + 1))!);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        child.Process.StandardInput.Close();
        await child.WaitForExitAsync(TimeSpan.FromSeconds(60));
        await child.DisposeAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
