using System.Diagnostics;
using System.Globalization;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>Foreign clients over TCP: Debian's mosquitto_pub and mosquitto_sub.</summary>
public sealed class MosquittoTests
{
    private static string Port(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static async Task<string> FinishAsync(Process process)
    {
        using (process)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromSeconds(20));
            try
            {
                var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
                var error = await process.StandardError.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                Assert.True(process.ExitCode == 0, $"exit {process.ExitCode}: {error}");
                return output;
            }
            finally
            {
                if (!process.HasExited) process.Kill();
            }
        }
    }

    private static void NeedsMosquitto()
    {
        if (!File.Exists("/usr/bin/mosquitto_sub")) Assert.Skip("mosquitto-clients is not installed");
    }

    [Theory]
    [InlineData("0", "311", false)]
    [InlineData("0", "311", true)]
    [InlineData("1", "311", false)]
    [InlineData("1", "311", true)]
    [InlineData("2", "311", false)]
    [InlineData("2", "311", true)]
    [InlineData("0", "5", false)]
    [InlineData("0", "5", true)]
    [InlineData("1", "5", false)]
    [InlineData("1", "5", true)]
    [InlineData("2", "5", false)]
    [InlineData("2", "5", true)]
    public async Task Messages_pass_at_every_qos(string qos, string version, bool kestrel)
    {
        NeedsMosquitto();
        await using var fixture = await BrokerFixture.StartAsync(realClock: true);
        var port = Port(await fixture.ListenAsync(kestrel));
        var subscriber = Start("mosquitto_sub", "-p", port, "-V", version, "-q", qos, "-t", "t/#", "-C", "50", "-F", "%t %p %q");
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.Subscriptions == 1, "the subscription is there");
        var publisher = Start("mosquitto_pub", "-p", port, "-V", version, "-q", qos, "-t", "t/x", "--repeat", "50", "-m", "hello");
        await FinishAsync(publisher);
        Assert.Equal(string.Concat(Enumerable.Repeat($"t/x hello {qos}\n", 50)), await FinishAsync(subscriber));
    }

    [Fact]
    public async Task Retained_will_and_a_persistent_session_over_a_restart()
    {
        NeedsMosquitto();
        await using var fixture = await BrokerFixture.StartAsync(realClock: true);
        var port = Port(await fixture.ListenAsync());
        await FinishAsync(Start("mosquitto_pub", "-p", port, "-q", "1", "-r", "-t", "kept", "-m", "value"));
        Assert.Equal("value 1\n", await FinishAsync(Start("mosquitto_sub", "-p", port, "-q", "1", "-t", "kept", "-C", "1", "-F", "%p %r")));
        var mortal = Start("mosquitto_sub", "-p", port, "-t", "nothing", "--will-topic", "kept/will", "--will-payload", "gone", "--will-retain");
        await BrokerFixture.UntilAsync(() => fixture.Broker.Sessions.Any(s => s.Subscriptions.Contains("nothing")), "it is connected");
        mortal.Kill();
        await mortal.WaitForExitAsync(BrokerFixture.Ct);
        mortal.Dispose();
        Assert.Equal("gone\n", await FinishAsync(Start("mosquitto_sub", "-p", port, "-t", "kept/will", "-C", "1")));
        await FinishAsync(Start("mosquitto_sub", "-p", port, "-i", "durable", "-c", "-q", "1", "-t", "q", "-E"));
        await fixture.StopListeningAsync();
        await fixture.RestartAsync();
        port = Port(await fixture.ListenAsync());
        await FinishAsync(Start("mosquitto_pub", "-p", port, "-q", "1", "-t", "q", "--repeat", "3", "-m", "waited"));
        Assert.Equal("waited\nwaited\nwaited\n", await FinishAsync(Start("mosquitto_sub", "-p", port, "-i", "durable", "-c", "-q", "1", "-t", "q", "-C", "3")));
    }
}
