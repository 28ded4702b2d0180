using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>The same cases against mosquitto: a case that it fails is either one of its known faults or wrong itself.</summary>
public sealed class MosquittoControlTests
{
    private const string Program = "/usr/sbin/mosquitto";

    public static TheoryData<string, MqttVersion> Runs
    {
        get
        {
            var data = new TheoryData<string, MqttVersion>();
            foreach (var (name, version) in ConformanceCase.Runs())
            {
                if (Applies(name) && !TakesTime(name)) data.Add(name, version);
            }
            return data;
        }
    }

    private static ConformanceCase Case(string name) => ConformanceCase.All.Single(c => c.Name == name);

    private static bool Applies(string name) => Case(name).Mosquitto?.StartsWith("n/a", StringComparison.Ordinal) != true;

    private static bool TakesTime(string name) => Case(name).Steps.Any(s => s.StartsWith("wait", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Runs))]
    public Task Mosquitto_agrees_or_fails_as_known(string name, MqttVersion version) => ControlAsync(name, version);

    /// <summary>Mosquitto's clock cannot be moved: the cases that wait do so side by side.</summary>
    [Fact]
    public async Task Mosquitto_agrees_or_fails_as_known_where_time_passes()
    {
        var wrong = await Task.WhenAll(ConformanceCase.Runs().Where(r => Applies(r.Name) && TakesTime(r.Name)).Select(async r =>
        {
            try
            {
                await ControlAsync(r.Name, r.Version);
                return null;
            }
            catch (Exception failure) when (failure is ConformanceException or Xunit.Sdk.XunitException)
            {
                return $"'{r.Name}' in {r.Version}: {failure.Message}";
            }
        }));
        Assert.True(wrong.All(w => w is null), string.Join('\n', wrong.Where(w => w is not null)));
    }

    private static async Task ControlAsync(string name, MqttVersion version)
    {
        if (!File.Exists(Program)) Assert.Skip("mosquitto is not installed");
        var one = Case(name);
        var fails = one.KnownToFailIn(version);
        var folder = Directory.CreateTempSubdirectory("cityedge-control-").FullName;
        var port = FreePort.Next();
        var configuration = Path.Combine(folder, "mosquitto.conf");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nsys_interval 1\n"), BrokerFixture.Ct);
        using var server = Process.Start(new ProcessStartInfo(Program, ["-c", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        try
        {
            await ListensAsync(port);
            using var runner = new ConformanceRunner(port, version, TimeSpan.FromSeconds(fails ? 1 : 10), (time, _) => Task.Delay(time + TimeSpan.FromSeconds(1), TimeProvider.System, BrokerFixture.Ct));
            if (fails)
            {
                var fault = await Assert.ThrowsAsync<ConformanceException>(() => runner.PlayAsync(one));
                TestContext.Current.TestOutputHelper?.WriteLine($"mosquitto, {version}, '{name}': {one.Mosquitto} ({fault.Message})");
            }
            else await runner.PlayAsync(one);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
            Directory.Delete(folder, true);
        }
    }

    private static async Task ListensAsync(int port)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(BrokerFixture.Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (true)
        {
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
        }
    }
}
