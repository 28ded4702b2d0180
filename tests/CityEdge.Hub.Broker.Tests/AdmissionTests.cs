using System.Net;
using CityEdge.Mqtt;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>Connections of one address, at once and a second: refused before a byte is read, counted, told once a minute, and in bounded memory.</summary>
public sealed class AdmissionTests
{
    private readonly ManualTimeProvider clock = new();
    private readonly Lines log = new();

    [Fact]
    public async Task An_address_has_so_many_connections_and_others_are_not_touched()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxConnectionsPerAddress = 2 });
        var first = fixture.Open(from: "192.0.2.1");
        fixture.Open(from: "::ffff:192.0.2.1");
        Assert.Null(await fixture.Open(from: "192.0.2.1").ReceiveAsync());
        Assert.Equal((1, 1), (fixture.Broker.Stats.Bitten[BrokerLimit.MaxConnectionsPerAddress], fixture.Broker.Stats.Closed[ReasonCode.QuotaExceeded]));
        Assert.Equal(2, fixture.Broker.Peaks.ConnectionsOfOneAddress);
        Assert.Equal(ReasonCode.Success, (await fixture.Open(from: "192.0.2.2").ConnectAsync(new ConnectPacket(MqttVersion.V500, "other")))!.Code);
        await first.DropAsync();
        Assert.Equal(ReasonCode.Success, (await fixture.Open(from: "192.0.2.1").ConnectAsync(new ConnectPacket(MqttVersion.V500, "again")))!.Code);
        Assert.Equal(3, fixture.Broker.Stats.Connections);
    }

    [Fact]
    public async Task Above_its_rate_an_address_is_refused_until_the_bucket_has_a_token_again()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { ConnectionRatePerAddress = 10, ConnectionBurstPerAddress = 3 });
        for (var i = 0; i < 3; i++) await fixture.Open(from: "2001:db8:1:2::" + i).DropAsync();
        // The same /64.
        Assert.Null(await fixture.Open(from: "2001:db8:1:2:ffff::9").ReceiveAsync());
        Assert.Equal((1, 1), (fixture.Broker.Stats.Bitten[BrokerLimit.ConnectionRatePerAddress], fixture.Broker.Stats.Closed[ReasonCode.ConnectionRateExceeded]));
        await fixture.Open(from: "2001:db8:1:3::1").DropAsync();
        fixture.Protocol.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(ReasonCode.Success, (await fixture.Open(from: "2001:db8:1:2::1").ConnectAsync(new ConnectPacket(MqttVersion.V500, "again")))!.Code);
        Assert.Null(await fixture.Open(from: "2001:db8:1:2::1").ReceiveAsync());
    }

    [Fact]
    public void Ten_thousand_devices_behind_one_address_come_back_within_20_s_by_default()
    {
        foreach (var address in new[] { "127.0.0.1", "192.0.2.1" })
        {
            var gate = Gate(new BrokerOptions());
            var block = AddressBlock.Of(IPAddress.Parse(address));
            for (var i = 0; i < 10_000; i++)
            {
                Assert.Null(gate.Enter(block));
                clock.Advance(TimeSpan.FromMilliseconds(1));
            }
            for (var i = 0; i < 10_000; i++) gate.Leave(block);
            clock.Advance(TimeSpan.FromSeconds(50));
            for (var i = 0; i < 10_000; i++) Assert.Null(gate.Enter(block));
        }
    }

    [Fact]
    public void Loopback_is_limited_where_it_is_asked_for()
    {
        foreach (var address in new[] { "127.0.0.1", "127.0.0.2", "::1" })
        {
            var block = AddressBlock.Of(IPAddress.Parse(address));
            var free = Gate(new BrokerOptions { MaxConnectionsPerAddress = 1 });
            Assert.Null(free.Enter(block));
            Assert.Null(free.Enter(block));
            var limited = Gate(new BrokerOptions { MaxConnectionsPerAddress = 1, LimitLoopback = true });
            Assert.Null(limited.Enter(block));
            Assert.Equal(BrokerLimit.MaxConnectionsPerAddress, limited.Enter(block));
        }
    }

    [Fact]
    public void Addresses_that_come_once_are_forgotten_and_never_more_than_so_many_are_kept()
    {
        var gate = Gate(new BrokerOptions());
        for (var i = 0u; i < 100_000; i++)
        {
            var block = AddressBlock.Of(new IPAddress(i));
            Assert.Null(gate.Enter(block));
            gate.Leave(block);
        }
        Assert.InRange(gate.Count, 1, 20_000);
        clock.Advance(TimeSpan.FromMinutes(2));
        var last = AddressBlock.Of(IPAddress.Parse("203.0.113.9"));
        gate.Enter(last);
        gate.Leave(last);
        Assert.Equal(1, gate.Count);
    }

    [Fact]
    public void An_address_in_use_is_never_forgotten()
    {
        var gate = Gate(new BrokerOptions { MaxConnectionsPerAddress = 1 });
        var used = AddressBlock.Of(IPAddress.Parse("192.0.2.1"));
        Assert.Null(gate.Enter(used));
        for (var i = 0u; i < 50_000; i++)
        {
            var block = AddressBlock.Of(new IPAddress(i));
            gate.Enter(block);
            gate.Leave(block);
        }
        Assert.Equal(BrokerLimit.MaxConnectionsPerAddress, gate.Enter(used));
    }

    [Fact]
    public void A_refused_address_is_told_once_a_minute_and_a_flood_of_addresses_not_at_all_length()
    {
        var gate = Gate(new BrokerOptions { MaxConnectionsPerAddress = 1, ConnectionRatePerAddress = 0 });
        var block = AddressBlock.Of(IPAddress.Parse("192.0.2.1"));
        Assert.Null(gate.Enter(block));
        for (var i = 0; i < 100; i++) gate.Enter(block);
        Assert.Equal("1 connections from 192.0.2.1 were refused: over broker.max_connections_per_address. Raise it if they are devices of yours.", Assert.Single(log.Texts));
        clock.Advance(TimeSpan.FromMinutes(1));
        gate.Enter(block);
        Assert.StartsWith("100 connections", log.Texts[1]);
        for (var i = 0u; i < 1000; i++)
        {
            var other = AddressBlock.Of(new IPAddress(i));
            gate.Enter(other);
            gate.Enter(other);
        }
        Assert.InRange(log.Texts.Count, 3, 62);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("::1", "::1")]
    public void A_block_is_an_address_or_the_first_64_bits(string address, string block) => Assert.Equal(block, AddressBlock.Of(IPAddress.Parse(address)).ToString());

    [Fact]
    public async Task What_was_let_in_before_its_handshake_counts_once()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxConnections = 1 });
        var remote = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1);
        var admission = fixture.Broker.TryAdmit(remote);
        Assert.NotNull(admission);
        Assert.Null(fixture.Broker.TryAdmit(remote));
        admission.Dispose();
        admission.Dispose();
        Assert.Equal(0, fixture.Broker.Stats.Connections);
        Assert.Equal(ReasonCode.Success, (await fixture.ConnectAsync("a")).ConnAck!.Code);
    }

    private ConnectionGate Gate(BrokerOptions options) => new(options, clock, log);

    private sealed class Lines : ILogger
    {
        public List<string> Texts { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Texts.Add(formatter(state, exception));
    }
}
