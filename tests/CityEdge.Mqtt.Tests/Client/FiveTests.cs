using System.Text;

namespace CityEdge.Mqtt.Tests.Client;

/// <summary>What MQTT 5.0 adds to a client: aliases, identifiers, enhanced authentication, redirection, what a server says it does not offer.</summary>
public class FiveTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static MqttClientOptions Options(FakeServer server) => new() { Url = server.Url, ClientId = "five", InitialBackoff = TimeSpan.FromMilliseconds(50), MaxBackoff = TimeSpan.FromMilliseconds(50), RefusedBackoff = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public async Task The_first_topics_of_a_connection_get_aliases_and_a_new_connection_begins_afresh()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server));
        using (var peer = await server.WelcomeAsync(Stop, properties: new() { TopicAliasMaximum = 2 }))
        {
            var seen = new List<(string, ushort?)>();
            foreach (var topic in new[] { "site/a", "site/b", "site/c", "site/a", "site/b", "site/c" })
            {
                var done = link.Client.PublishAsync(new(topic, "x"u8.ToArray(), Properties: new() { ContentType = "t" }), Stop);
                var packet = await peer.ReadAsync<PublishPacket>();
                Assert.Equal("t", packet.Properties!.ContentType);
                seen.Add((packet.Topic, packet.Properties.TopicAlias));
                await peer.SendAsync(new AckPacket(PacketType.PubAck, packet.PacketId));
                Assert.True((await done.Within("PUBACK")).IsSuccess);
            }
            Assert.Equal([("site/a", 1), ("site/b", 2), ("site/c", null), ("", 1), ("", 2), ("site/c", null)], seen);
            _ = link.Client.PublishAsync(new("site/a", "again"u8.ToArray()), Stop);
            Assert.Equal("", (await peer.ReadAsync<PublishPacket>()).Topic);
        }
        using var next = await server.WelcomeAsync(Stop, sessionPresent: true, new() { TopicAliasMaximum = 2 });
        var repeat = await next.ReadAsync<PublishPacket>();
        Assert.Equal(("site/a", true, (ushort?)1), (repeat.Topic, repeat.Dup, repeat.Properties!.TopicAlias));
    }

    [Fact]
    public async Task An_alias_that_would_break_the_servers_packet_limit_is_left_out()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server));
        // Topic 6 + 2, identifier 2, properties 1, payload 9, head 2: 22 bytes; with an alias 25.
        using var peer = await server.WelcomeAsync(Stop, properties: new() { TopicAliasMaximum = 2, MaximumPacketSize = 22 });
        _ = link.Client.PublishAsync(new("site/a", new byte[9]), Stop);
        var packet = await peer.ReadAsync<PublishPacket>();
        Assert.Equal(("site/a", null), (packet.Topic, packet.Properties?.TopicAlias));
        Assert.Equal(ReasonCode.PacketTooLarge, (await link.Client.PublishAsync(new("site/a", new byte[10]), Stop)).Code);
    }

    [Fact]
    public async Task Aliases_of_the_server_are_understood_and_one_it_never_set_ends_the_connection()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with { TopicAliasMaximum = 3 });
        using var peer = await server.WelcomeAsync(Stop);
        Assert.Equal((ushort)3, peer.Connect.Properties!.TopicAliasMaximum);
        await peer.SendAsync(new PublishPacket("down/a", "1"u8.ToArray(), Properties: new() { TopicAlias = 3 }));
        await peer.SendAsync(new PublishPacket("", "2"u8.ToArray(), Properties: new() { TopicAlias = 3 }));
        await peer.SendAsync(new PublishPacket("down/b", "3"u8.ToArray(), Properties: new() { TopicAlias = 3 }));
        await peer.SendAsync(new PublishPacket("", "4"u8.ToArray(), Properties: new() { TopicAlias = 3 }));
        foreach (var topic in new[] { "down/a", "down/a", "down/b", "down/b" }) Assert.Equal(topic, (await link.IncomingAsync()).Topic);
        await peer.SendAsync(new PublishPacket("", "5"u8.ToArray(), Properties: new() { TopicAlias = 2 }));
        Assert.Equal(ReasonCode.ProtocolError, (await peer.ReadAsync<DisconnectPacket>()).Code);
        using var next = await server.WelcomeAsync(Stop);
        await next.SendAsync(new PublishPacket("a", "6"u8.ToArray(), Properties: new() { TopicAlias = 4 }));
        Assert.Equal(ReasonCode.TopicAliasInvalid, (await next.ReadAsync<DisconnectPacket>()).Code);
    }

    [Fact]
    public async Task Connect_says_what_was_asked_for()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with
        {
            RequestResponseInformation = true, RequestProblemInformation = false, UserProperties = [new("fleet", "north")], SessionExpiry = TimeSpan.FromMinutes(5), ReceiveMaximum = 7, MaxPacketSize = 5000,
        });
        using var peer = await server.WelcomeAsync(Stop, properties: new() { ResponseInformation = "answers/five", AssignedClientIdentifier = "given" });
        var p = peer.Connect.Properties!;
        Assert.Equal((true, false, 300u, (ushort)7, 5000u), (p.RequestResponseInformation!.Value, p.RequestProblemInformation!.Value, p.SessionExpiryInterval!.Value, p.ReceiveMaximum!.Value, p.MaximumPacketSize!.Value));
        Assert.Equal([new("fleet", "north")], p.UserProperties);
        var connected = await link.ConnectedAsync();
        Assert.Equal(("answers/five", "given"), (connected.Properties!.ResponseInformation, connected.ClientId));
        await link.Client.DisconnectAsync(publishWill: false, sessionExpiry: TimeSpan.Zero, Stop);
        Assert.Equal(0u, (await peer.ReadAsync<DisconnectPacket>()).Properties!.SessionExpiryInterval);
    }

    [Fact]
    public async Task A_subscription_keeps_its_identifier_over_a_lost_session_and_its_refusal_has_a_reason()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server));
        using (var peer = await server.WelcomeAsync(Stop))
        {
            var asked = link.Client.SubscribeAsync([new("a/#"), new("b/#")], new() { SubscriptionIdentifiers = [42], UserProperties = [new("why", "test")] }, Stop);
            var packet = await peer.ReadAsync<SubscribePacket>();
            Assert.Equal((42u, "test"), (Assert.Single(packet.Properties!.SubscriptionIdentifiers), packet.Properties.User("why")));
            await peer.SendAsync(new SubAckPacket(packet.PacketId, [ReasonCode.GrantedQoS1, ReasonCode.NotAuthorized], new() { ReasonString = "b is not yours" }));
            var result = await asked.Within("SUBACK");
            Assert.Equal([ReasonCode.GrantedQoS1, ReasonCode.NotAuthorized], result.Codes);
            Assert.Equal("b is not yours", result.Reason);
        }
        using var next = await server.WelcomeAsync(Stop);
        var again = await next.ReadAsync<SubscribePacket>();
        Assert.Equal(("a/#", 42u), (Assert.Single(again.Subscriptions).Filter, Assert.Single(again.Properties!.SubscriptionIdentifiers)));
    }

    [Fact]
    public async Task What_the_server_does_not_offer_is_refused_without_being_sent()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server));
        using var peer = await server.WelcomeAsync(Stop, properties: new() { SharedSubscriptionAvailable = false, WildcardSubscriptionAvailable = false, SubscriptionIdentifierAvailable = false });
        var mixed = link.Client.SubscribeAsync([new("$share/g/a"), new("plain"), new("a/+")], Stop);
        var packet = await peer.ReadAsync<SubscribePacket>();
        Assert.Equal("plain", Assert.Single(packet.Subscriptions).Filter);
        await peer.SendAsync(new SubAckPacket(packet.PacketId, [ReasonCode.GrantedQoS1]));
        Assert.Equal([ReasonCode.SharedSubscriptionsNotSupported, ReasonCode.GrantedQoS1, ReasonCode.WildcardSubscriptionsNotSupported], await mixed.Within("SUBACK"));
        var result = await link.Client.SubscribeAsync([new("plain")], new() { SubscriptionIdentifiers = [1] }, Stop).Within("refusal");
        Assert.Equal([ReasonCode.SubscriptionIdentifiersNotSupported], result.Codes);
    }

    [Fact]
    public async Task A_server_that_names_another_is_reported_and_not_followed()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server));
        using var peer = await server.AcceptAsync(Stop);
        await peer.SendAsync(new ConnAckPacket(false, ReasonCode.UseAnotherServer, new() { ServerReference = "other.example:1883", ReasonString = "full" }));
        var refused = await link.DisconnectedAsync();
        Assert.Equal((ReasonCode.UseAnotherServer, "other.example:1883", true), (refused.Code, refused.ServerReference, refused.ByServer));
        Assert.Contains("full, use other.example:1883", refused.Message, StringComparison.Ordinal);
        using var next = await server.WelcomeAsync(Stop);
        await link.ConnectedAsync();
        await next.SendAsync(new DisconnectPacket(ReasonCode.ServerMoved, new() { ServerReference = "third" }));
        Assert.Equal("third", (await link.DisconnectedAsync()).ServerReference);
    }

    [Fact]
    public async Task A_session_that_should_have_been_discarded_ends_the_connection()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with { CleanStart = true });
        using var peer = await server.WelcomeAsync(Stop, sessionPresent: true);
        Assert.Equal(ReasonCode.ProtocolError, (await peer.ReadAsync<DisconnectPacket>()).Code);
        Assert.Contains("discard", (await link.DisconnectedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_asks_for_unknown_authentication_is_refused_with_a_reason()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server));
        using var peer = await server.AcceptAsync(Stop);
        await peer.SendAsync(new AuthPacket(ReasonCode.ContinueAuthentication, new() { AuthenticationMethod = "SCRAM-SHA-256" }));
        Assert.Equal(ReasonCode.BadAuthenticationMethod, (await peer.ReadAsync<DisconnectPacket>()).Code);
        var refused = await link.DisconnectedAsync();
        Assert.Equal(ReasonCode.BadAuthenticationMethod, refused.Code);
        Assert.Contains("'SCRAM-SHA-256', which this client was not given", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Enhanced_authentication_goes_step_by_step_and_again_on_request()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with { Authentication = new Riddles() });
        using var peer = await server.AcceptAsync(Stop);
        Assert.Equal(("RIDDLE", "hello"), (peer.Connect.Properties!.AuthenticationMethod, Text(peer.Connect.Properties)));
        await peer.SendAsync(Auth(ReasonCode.ContinueAuthentication, "sphinx"));
        Assert.Equal("answer to sphinx", Text((await peer.ReadAsync<AuthPacket>()).Properties!));
        await peer.SendAsync(new ConnAckPacket(false, ReasonCode.Success, Auth(0, "proof").Properties));
        await link.ConnectedAsync();

        var again = link.Client.ReauthenticateAsync(Stop);
        Assert.Equal(ReasonCode.ReAuthenticate, (await peer.ReadAsync<AuthPacket>()).Code);
        await peer.SendAsync(Auth(ReasonCode.ContinueAuthentication, "gate"));
        Assert.Equal("answer to gate", Text((await peer.ReadAsync<AuthPacket>()).Properties!));
        await peer.SendAsync(Auth(ReasonCode.Success, "proof"));
        await again.Within("re-authentication");

        var failing = link.Client.ReauthenticateAsync(Stop);
        await peer.ReadAsync<AuthPacket>();
        await peer.SendAsync(Auth(ReasonCode.Success, "forged"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing.Within("failure"));
        Assert.Equal(ReasonCode.NotAuthorized, (await peer.ReadAsync<DisconnectPacket>()).Code);
    }

    private static AuthPacket Auth(ReasonCode code, string data) => new(code, new() { AuthenticationMethod = "RIDDLE", AuthenticationData = Encoding.UTF8.GetBytes(data) });

    private static string Text(MqttProperties properties) => Encoding.UTF8.GetString(properties.AuthenticationData!);

    private sealed class Riddles : IMqttAuthentication
    {
        public string Method => "RIDDLE";

        public ValueTask<byte[]?> BeginAsync(CancellationToken cancellation) => ValueTask.FromResult<byte[]?>("hello"u8.ToArray());

        public ValueTask<byte[]?> ContinueAsync(byte[]? challenge, CancellationToken cancellation) => ValueTask.FromResult<byte[]?>([.. "answer to "u8, .. challenge!]);

        public ValueTask<bool> CompleteAsync(byte[]? proof, CancellationToken cancellation) => ValueTask.FromResult(proof.AsSpan().SequenceEqual("proof"u8));
    }
}
