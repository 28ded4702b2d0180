using System.Text.RegularExpressions;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>Every case against this broker, over TCP, on its own transport and on Kestrel.</summary>
public sealed partial class ConformanceTests
{
    public static TheoryData<string, MqttVersion, MqttTransport> Runs
    {
        get
        {
            var data = new TheoryData<string, MqttVersion, MqttTransport>();
            foreach (var (name, version) in ConformanceCase.Runs())
            {
                if (MqttBroker.HasTransport) data.Add(name, version, MqttTransport.Epoll);
                data.Add(name, version, MqttTransport.Kestrel);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task The_broker_conforms(string name, MqttVersion version, MqttTransport transport)
    {
        var one = ConformanceCase.All.Single(c => c.Name == name);
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { ReceiveMaximum = 20, KeepAliveMax = TimeSpan.FromSeconds(60), AuthenticationFailureDelay = TimeSpan.Zero });
        using (var runner = new ConformanceRunner(await fixture.ListenAsync(kestrel: transport == MqttTransport.Kestrel), version, TimeSpan.FromSeconds(10), Pass)) await runner.PlayAsync(one);

        // The clocks move once the broker has seen which connections are gone.
        async Task Pass(TimeSpan time, int connections)
        {
            await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.Connections == connections, "the broker has seen the ends of connections");
            fixture.Arrival.Advance(time);
            fixture.Protocol.Advance(time);
        }
    }

    [Fact]
    public void Every_case_names_statements_and_is_the_only_one_of_its_name()
    {
        Assert.NotEmpty(ConformanceCase.All);
        Assert.Equal(ConformanceCase.All.Count, ConformanceCase.All.Select(c => c.Name).Distinct().Count());
        foreach (var one in ConformanceCase.All)
        {
            var ids = (one.V311 ?? []).Concat(one.V5 ?? []).ToList();
            Assert.True(ids.Count > 0 && one.Steps.Length > 0, one.Name);
            Assert.All(ids, id => Assert.Matches(StatementId(), id));
            if (one.Mosquitto is { } word) Assert.Matches(Control(), word);
        }
    }

    [GeneratedRegex(@"^(known-fail(\((3\.1\.1|5\.0)\))?|n/a): .+")]
    private static partial Regex Control();

    [GeneratedRegex(@"^\d+\.\d+\.\d+-\d+$")]
    private static partial Regex StatementId();
}
