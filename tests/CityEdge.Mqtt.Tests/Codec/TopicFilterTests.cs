using System.Text;

namespace CityEdge.Mqtt.Tests.Codec;

public class TopicFilterTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("/", true)]
    [InlineData("a//b", true)]
    [InlineData("Accounts payable", true)]
    [InlineData("供热/楼", true)]
    [InlineData("$SYS/x", true)]
    [InlineData("", false)]
    [InlineData("a/+", false)]
    [InlineData("#", false)]
    [InlineData("a\0b", false)]
    public void Topic_names(string topic, bool valid)
    {
        Assert.Equal(valid, TopicFilter.IsValidTopic(topic));
        Assert.Equal(valid, TopicFilter.IsValidTopic(Encoding.UTF8.GetBytes(topic)));
    }

    [Fact]
    public void Lone_surrogates_and_overlong_names_are_refused()
    {
        Assert.False(TopicFilter.IsValidTopic("a\uD800"));
        Assert.False(TopicFilter.IsValidFilter("\uDC00/#"));
        Assert.True(TopicFilter.IsValidTopic("a\U0001F600"));
        Assert.True(TopicFilter.IsValidTopic(new string('a', 65_535)));
        Assert.False(TopicFilter.IsValidTopic(new string('a', 65_536)));
        Assert.False(TopicFilter.IsValidFilter(new string('供', 30_000)));
    }

    [Theory]
    [InlineData("#", true)]
    [InlineData("+", true)]
    [InlineData("+/+/#", true)]
    [InlineData("/+", true)]
    [InlineData("sport/tennis/#", true)]
    [InlineData("sport/tennis#", false)]
    [InlineData("sport/#/ranking", false)]
    [InlineData("sport+", false)]
    [InlineData("+sport", false)]
    [InlineData("", false)]
    [InlineData("##", false)]
    [InlineData("$share/g/a/#", true)]
    [InlineData("$share/g/", false)]
    [InlineData("$share/g", false)]
    [InlineData("$share//a", false)]
    [InlineData("$share/g+/a", false)]
    [InlineData("$share/g/a#", false)]
    public void Filters(string filter, bool valid) => Assert.Equal(valid, TopicFilter.IsValidFilter(filter));

    [Theory]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("sport/#", "sports", false)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("#", "$SYS/a", false)]
    [InlineData("+/monitor/Clients", "$SYS/monitor/Clients", false)]
    [InlineData("$SYS/#", "$SYS/a", true)]
    [InlineData("$SYS/monitor/+", "$SYS/monitor/Clients", true)]
    [InlineData("a/$x/+", "a/$x/b", true)]
    [InlineData("+/$x", "a/$x", true)]
    [InlineData("a", "A", false)]
    [InlineData("a/b", "a/b/", false)]
    [InlineData("a/+/c", "a//c", true)]
    [InlineData("a/+/#", "a/b", true)]
    [InlineData("a/+/#", "a", false)]
    [InlineData("#", "a/b", true)]
    public void Matching(string filter, string topic, bool matches)
    {
        Assert.Equal(matches, TopicFilter.Matches(filter, topic));
        Assert.Equal(matches, TopicFilter.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(topic)));
    }

    [Fact]
    public void Shared_subscriptions_are_split()
    {
        Assert.True(TopicFilter.TryParseShared("$share/g/a/+", out string group, out string filter));
        Assert.Equal(("g", "a/+"), (group, filter));
        Assert.False(TopicFilter.TryParseShared("share/g/a", out string _, out _));
    }
}
