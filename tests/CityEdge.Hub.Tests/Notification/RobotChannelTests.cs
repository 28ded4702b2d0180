using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Notification;

namespace CityEdge.Hub.Tests;

/// <summary>Messages to group robots, in the formats and with the signatures of each, and what they refuse with 200.</summary>
public sealed class RobotChannelTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);

    private static OutgoingMessage Message(params string[] lines) => new("n1-duty", At, "【P2】室温不达标 · 1号*楼", lines, []);

    private static async Task<(Received Received, SendResult Result)> SendAsync(ChannelKind kind, OutgoingMessage message, string? secret = "s3cret", string? answer = null, string query = "?key=k&access_token=t")
    {
        await using var sink = await HttpSink.StartAsync();
        if (answer is not null) sink.Answer = _ => (200, answer, null);
        using var http = new HttpClient();
        var result = await new RobotChannel(new ChannelOptions("duty", kind) { Url = new Uri(sink.Url + "/send" + query), Secret = secret }, http).SendAsync(message, TestContext.Current.CancellationToken);
        return (Assert.Single(sink.All), result);
    }

    [Fact]
    public async Task Wecom_gets_markdown_at_the_address_that_holds_its_key()
    {
        var (received, result) = await SendAsync(ChannelKind.Wecom, Message("读数：15.6 Cel", "https://hub.example/#/tickets/t_1"));
        Assert.Null(result.Error);
        Assert.Equal("?key=k&access_token=t", received.Query);
        Assert.Equal("markdown", received.Json.Text("msgtype"));
        Assert.Equal("**【P2】室温不达标 · 1号\\*楼**\n读数：15.6 Cel\nhttps://hub.example/#/tickets/t_1", received.Json.GetProperty("markdown").Text("content"));
    }

    [Fact]
    public async Task Wecom_gets_whole_lines_within_4096_bytes()
    {
        var (received, _) = await SendAsync(ChannelKind.Wecom, Message([.. Enumerable.Range(0, 300).Select(i => $"第 {i} 行：室温不达标")]));
        var content = received.Json.GetProperty("markdown").Text("content");
        Assert.InRange(Encoding.UTF8.GetByteCount(content), 3900, 4096);
        Assert.EndsWith("行：室温不达标\n…", content, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dingtalk_gets_markdown_with_its_signature_in_the_query()
    {
        var (received, result) = await SendAsync(ChannelKind.Dingtalk, Message("a", "b"));
        Assert.Null(result.Error);
        var timestamp = At.ToUnixTimeMilliseconds();
        var sign = Convert.ToBase64String(HMACSHA256.HashData("s3cret"u8.ToArray(), Encoding.UTF8.GetBytes($"{timestamp}\ns3cret")));
        Assert.Equal($"?key=k&access_token=t&timestamp={timestamp}&sign={Uri.EscapeDataString(sign)}", received.Query);
        Assert.Equal(("markdown", "【P2】室温不达标 · 1号*楼"), (received.Json.Text("msgtype"), received.Json.GetProperty("markdown").Text("title")));
        Assert.EndsWith("**\n\na\n\nb", received.Json.GetProperty("markdown").Text("text"), StringComparison.Ordinal);
        Assert.Equal("?access_token=t", (await SendAsync(ChannelKind.Dingtalk, Message("a"), secret: null, query: "?access_token=t")).Received.Query);
    }

    [Fact]
    public async Task Feishu_gets_a_post_with_its_signature_in_the_body()
    {
        var (received, result) = await SendAsync(ChannelKind.Feishu, Message("读数：15.6 Cel", "https://hub.example/x"));
        Assert.Null(result.Error);
        var timestamp = At.ToUnixTimeSeconds();
        Assert.Equal(($"{timestamp}", Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes($"{timestamp}\ns3cret"), Array.Empty<byte>()))), (received.Json.Text("timestamp"), received.Json.Text("sign")));
        var post = received.Json.GetProperty("content").GetProperty("post").GetProperty("zh_cn");
        Assert.Equal(("post", "【P2】室温不达标 · 1号*楼"), (received.Json.Text("msg_type"), post.Text("title")));
        var lines = post.GetProperty("content").EnumerateArray().Select(l => l[0]).ToList();
        Assert.Equal([("text", "读数：15.6 Cel"), ("a", "https://hub.example/x")], lines.Select(l => (l.Text("tag"), l.Text("text"))));
        Assert.False((await SendAsync(ChannelKind.Feishu, Message("a"), secret: null)).Received.Json.TryGetProperty("sign", out _));
    }

    [Theory]
    [InlineData(ChannelKind.Wecom, """{"errcode":45009,"errmsg":"api freq out of limit"}""", "errcode 45009: api freq out of limit")]
    [InlineData(ChannelKind.Dingtalk, """{"errcode":310000,"errmsg":"sign not match"}""", "errcode 310000: sign not match")]
    [InlineData(ChannelKind.Feishu, """{"code":19021,"msg":"sign match fail"}""", "code 19021: sign match fail")]
    [InlineData(ChannelKind.Feishu, """{"StatusCode":0,"StatusMessage":"success"}""", null)]
    [InlineData(ChannelKind.Wecom, "<html>", "the answer is no robot's: <html>")]
    [InlineData(ChannelKind.Wecom, "[1]", "the answer is no robot's: [1]")]
    [InlineData(ChannelKind.Wecom, "{}", "the answer is no robot's: {}")]
    [InlineData(ChannelKind.Wecom, """{"errcode":"0"}""", """the answer is no robot's: {"errcode":"0"}""")]
    public async Task What_a_robot_refuses_with_200_is_not_taken(ChannelKind kind, string answer, string? error) => Assert.Equal(error, (await SendAsync(kind, Message("a"), answer: answer)).Result.Error);
}
