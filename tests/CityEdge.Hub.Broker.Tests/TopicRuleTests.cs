using CityEdge.Contracts;
using CityEdge.Mqtt;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>The ordered topic policy: the first rule that speaks of a topic decides; what is denied cannot be had by asking for more.</summary>
public sealed class TopicRuleTests
{
    private static readonly ClientIdentity Device = ClientIdentity.OfDevice("s1", "d1");
    private static readonly ClientIdentity Ann = new(IdentityKind.User, "ann", null, null, false);
    private static readonly ClientIdentity Anyone = new(IdentityKind.Anonymous, "", null, null, true);

    [Fact]
    public void The_first_match_wins_and_the_default_comes_last()
    {
        var policy = new TopicPolicy([Rule(true, TopicAction.All, "plant/{site}/#"), Rule(false, TopicAction.Publish, "plant/#"), Rule(false, TopicAction.All, "#", "ann")]);
        Assert.True(policy.MayPublish(Device, "plant/s1/x"));
        Assert.False(policy.MayPublish(Device, "plant/s2/x"));
        Assert.True(policy.MayPublish(Device, "cityedge/v1/s1/d1/telemetry"));
        Assert.False(policy.MayPublish(Device, "cityedge/v1/s1/d2/telemetry"));
        Assert.False(policy.MayPublish(Ann, "x"));
        Assert.False(policy.MaySubscribe(Ann, "x"));
        Assert.False(policy.MayPublish(Anyone, "plant/s1/x"));
        Assert.True(policy.MayPublish(Anyone, "x"));
        Assert.True(policy.MaySubscribe(Anyone, "#"));
        Assert.True(policy.MayPublish(ClientIdentity.Hub, "plant/s2/x"));
    }

    [Theory]
    [InlineData("secret/#", "secret", false)]
    [InlineData("secret/#", "secret/a/b", false)]
    [InlineData("secret/#", "#", false)]
    [InlineData("secret/#", "+/a", false)]
    [InlineData("secret/#", "$share/g/secret/+", false)]
    [InlineData("secret/#", "secrets/#", true)]
    [InlineData("secret/+/x", "secret/a", true)]
    [InlineData("secret/+/x", "secret/#", false)]
    [InlineData("#", "$SYS/#", true)]
    [InlineData("$SYS/#", "#", true)]
    [InlineData("$SYS/#", "$SYS/broker/+", false)]
    public void A_denied_topic_is_not_had_by_a_wider_filter(string denied, string asked, bool may) =>
        Assert.Equal(may, new TopicPolicy([Rule(false, TopicAction.Subscribe, denied)]).MaySubscribe(Anyone, asked));

    [Theory]
    [InlineData("own/{user}/#", "own/s1/d1/x", true)]
    [InlineData("own/{device}.{site}", "own/d1.s1", true)]
    [InlineData("own/{user}/#", "own/s1/d2/x", false)]
    public void Placeholders_are_the_devices_own(string rule, string topic, bool may) => Assert.Equal(may, new TopicPolicy([Rule(true, TopicAction.Publish, rule)]).MayPublish(Device, topic));

    [Fact]
    public void A_name_with_wildcards_gives_no_more_than_itself()
    {
        var policy = new TopicPolicy([Rule(true, TopicAction.All, "own/{user}/#"), Rule(false, TopicAction.All, "own/#")]);
        foreach (var name in new[] { "+", "#", "{site}", "a/#" })
        {
            var sly = new ClientIdentity(IdentityKind.Anonymous, name, null, null, true);
            Assert.False(policy.MayPublish(sly, "own/ann/x"));
            Assert.False(policy.MaySubscribe(sly, "own/ann/#"));
            Assert.False(policy.MaySubscribe(sly, "own/#"));
        }
    }

    [Theory]
    [InlineData("a/#/b")]
    [InlineData("a/b+")]
    [InlineData("")]
    [InlineData("a/{who}")]
    [InlineData("$share/g/a")]
    public void A_bad_topic_is_named(string topic)
    {
        Assert.False(TopicRule.TryCreate(true, TopicAction.All, topic, null, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void No_granted_filter_ever_reaches_a_denied_topic()
    {
        var level = Gen.Elements("a", "b", "+", "$c");
        var filter = from levels in level.NonEmptyListOf() from rest in Gen.Elements("", "/#") select string.Join('/', levels.Take(3)) + rest;
        var topic = from levels in Gen.Elements("a", "b", "$c").NonEmptyListOf() select string.Join('/', levels.Take(4));
        var rules = (from f in Gen.OneOf(filter, Gen.Constant("#")) from allow in Gen.Elements(true, false) select Rule(allow, TopicAction.All, f)).ListOf();
        var cases = from r in rules from f in Gen.OneOf(filter, Gen.Constant("#")) from t in topic select (Rules: r, Filter: f, Topic: t);
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            var policy = new TopicPolicy([.. c.Rules]);
            // A published topic is judged alike as a filter, because it is one without wildcards.
            return policy.MayPublish(Anyone, c.Topic) == policy.MaySubscribe(Anyone, c.Topic)
                && (!policy.MaySubscribe(Anyone, c.Filter) || !TopicFilter.Matches(c.Filter, c.Topic) || policy.MayPublish(Anyone, c.Topic));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [Fact]
    public async Task The_policy_is_in_force_on_the_wire_for_admins_too()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { Policy = new TopicPolicy([Rule(false, TopicAction.All, "secret/#")]) });
        var client = await fixture.ConnectAsync("a");
        Assert.Equal([ReasonCode.NotAuthorized], (await client.SubscribeAsync("#")).Codes);
        Assert.Equal([ReasonCode.GrantedQoS1], (await client.SubscribeAsync("open/#")).Codes);
        await client.PublishAsync("secret/x", "1", QoS.AtLeastOnce, 1);
        Assert.Equal(ReasonCode.NotAuthorized, (await client.ReceiveAckAsync(PacketType.PubAck, 1)).Code);
        Assert.Equal(RefusalReason.ForbiddenTopic, Assert.Single(fixture.Refusals).Reason);
        Assert.Equal(1, fixture.Broker.Stats.Refused[RefusalReason.ForbiddenTopic]);
    }

    private static TopicRule Rule(bool allow, TopicAction action, string topic, string? user = null) =>
        TopicRule.TryCreate(allow, action, topic, user, out var rule, out var error) ? rule : throw new ArgumentException(error);
}
