using CityEdge.Contracts;

namespace CityEdge.Contracts.Tests;

public sealed class TopicsTests
{
    public static TheoryData<string, TopicAddress> All { get; } = new()
    {
        { "cityedge/v1/s/d/telemetry", new("s", "d", TopicChannel.Telemetry) },
        { "cityedge/v1/s/d/event", new("s", "d", TopicChannel.Event) },
        { "cityedge/v1/s/d/status", new("s", "d", TopicChannel.Status) },
        { "cityedge/v1/s/d/command/c-1", new("s", "d", TopicChannel.Command, "c-1") },
        { "cityedge/v1/s/d/command/c-1/reply", new("s", "d", TopicChannel.CommandReply, "c-1") },
        { "cityedge/v1/s/d/config", new("s", "d", TopicChannel.Config) },
        { "cityedge/v1/s/d/config/reported", new("s", "d", TopicChannel.ConfigReported) },
        { "cityedge/v1/s/tickets/T-1", new("s", "", TopicChannel.Ticket, "T-1") },
    };

    [Theory, MemberData(nameof(All))]
    public void Every_topic_is_read_and_built(string topic, TopicAddress address)
    {
        Assert.True(Topics.TryParse(topic, out var parsed));
        Assert.Equal(address, parsed);
        Assert.Equal(topic, Topics.Build(address));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cityedge/v1/")]
    [InlineData("cityedge/v1/s/d")]
    [InlineData("cityedge/v2/s/d/telemetry")]
    [InlineData("cityedge/v1/s/d/telemetry/")]
    [InlineData("cityedge/v1/s/d/telemetry/x")]
    [InlineData("cityedge/v1/s/+/telemetry")]
    [InlineData("cityedge/v1//d/telemetry")]
    [InlineData("cityedge/v1/s/d/Telemetry")]
    [InlineData("cityedge/v1/s/d/command")]
    [InlineData("cityedge/v1/s/d/command/")]
    [InlineData("cityedge/v1/s/d/command/a/b")]
    [InlineData("cityedge/v1/s/d/command/a/reply/x")]
    [InlineData("cityedge/v1/s/d/command/a/reply/x/y/z")]
    [InlineData("cityedge/v1/s/d/config/desired")]
    [InlineData("cityedge/v1/s/tickets/#")]
    [InlineData("cityedge/v1/s/tickets/a/b")]
    [InlineData("cityedge/v1/s s/d/status")]
    public void Anything_else_is_no_topic_of_ours(string topic) => Assert.False(Topics.TryParse(topic, out _));

    [Fact]
    public void Tickets_is_not_a_device_name()
    {
        Assert.False(Topics.IsDeviceName("tickets"));
        Assert.True(Topics.IsDeviceName("ticket"));
        Assert.Equal(TopicChannel.Ticket, Topics.TryParse("cityedge/v1/s/tickets/telemetry", out var address) ? address.Channel : default);
    }

    [Fact]
    public void Names_have_at_most_64_characters()
    {
        Assert.True(Topics.TryParse($"cityedge/v1/{new string('a', 64)}/d/status", out _));
        Assert.False(Topics.TryParse($"cityedge/v1/{new string('a', 65)}/d/status", out _));
    }
}
