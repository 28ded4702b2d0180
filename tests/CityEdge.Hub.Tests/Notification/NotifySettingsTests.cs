using CityEdge.Contracts;
using CityEdge.Hub.Cli;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Tickets.Machine;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Hub.Tests;

/// <summary>The block <c>notify:</c> of the configuration file.</summary>
public sealed class NotifySettingsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private NotifyOptions Read(string yaml)
    {
        var secret = folder["secret"];
        File.WriteAllText(secret, "s3cret\n");
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml.Replace("SECRET", secret, StringComparison.Ordinal)));
        return NotifySettings.Read(stream.Documents[0].RootNode, "hub.yaml");
    }

    [Fact]
    public void All_keys_are_read()
    {
        var options = Read("""
            link: https://hub.example
            channels:
              ops: { type: webhook, url: https://example.org/hook, secret_file: SECRET, timeout: 30s }
              duty: { type: wecom, url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k" }
              mail: { type: smtp, host: mail.example.org, from: hub@example.org, to: [a@example.org, b@example.org], user: hub, password_file: SECRET }
            routes:
              - { to: [ops, mail], severity: [P1, P2], events: [opened, verify-overdue], site: "bj-*", category: [heating.*, water.*], asset: b1, hours: "08:00-20:00", days: [mon-fri, sun], quiet: "22:00-07:00", quiet_from: P4, repeat: [30m, 4h], language: en }
              - { to: duty, digest: 1h }
            """);
        Assert.Equal(new Uri("https://hub.example"), options.Link);
        Assert.Equal([("ops", ChannelKind.Webhook, 0), ("duty", ChannelKind.Wecom, 20), ("mail", ChannelKind.Smtp, 0)], options.Channels.Select(c => (c.Name, c.Kind, c.PerMinute)));
        Assert.Equal(("s3cret", TimeSpan.FromSeconds(30)), (options.Channels[0].Secret, options.Channels[0].Timeout));
        Assert.Equal(("mail.example.org", 587, "starttls", "hub", "s3cret"), (options.Channels[2].Smtp!.Host, options.Channels[2].Smtp!.Port, options.Channels[2].Smtp!.Tls, options.Channels[2].Smtp!.User, options.Channels[2].Smtp!.Password));
        var route = options.Routes[0];
        Assert.Equal([NoticeKind.Opened, NoticeKind.VerifyOverdue], route.Events!);
        Assert.Equal([Severity.P1, Severity.P2], route.Severities!);
        Assert.Equal([DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday, DayOfWeek.Sunday], route.Days!);
        Assert.Equal((new DailyHours(480, 1200), new DailyHours(1320, 420), Severity.P4, "en"), (route.Hours!.Value, route.Quiet!.Value, route.QuietFrom, route.Language));
        Assert.Equal([TimeSpan.FromMinutes(30), TimeSpan.FromHours(4)], route.Repeat);
        Assert.Equal((TimeSpan.FromHours(1), null), (options.Routes[1].Digest!.Value, options.Routes[1].Language));
    }

    [Theory]
    [InlineData("mails: {}", "hub.yaml:1:1: unknown key 'notify.mails'; known: link, channels, routes.")]
    [InlineData("link: ftp://x", "'notify.link' is 'ftp://x'; expected a URL")]
    [InlineData("channels: { Ops: { type: webhook } }", "a channel is called 'Ops'")]
    [InlineData("channels: { ops: { url: https://x } }", "'notify.channels.ops' has no type")]
    [InlineData("channels: { ops: { type: pager } }", "expected webhook or wecom or dingtalk or feishu or smtp")]
    [InlineData("channels: { ops: { type: webhook, url: https://x } }", "has no secret_file")]
    [InlineData("channels: { ops: { type: webhook, url: https://x, secret_file: /none } }", "expected a file that can be read")]
    [InlineData("channels: { ops: { type: webhook, url: https://x, secret_file: SECRET, host: y } }", "'notify.channels.ops.host' is not a key of a channel of type webhook")]
    [InlineData("channels: { m: { type: smtp, from: hub@example.org, to: a@example.org } }", "has no host")]
    [InlineData("channels: { m: { type: smtp, host: x, from: \"\", to: a@example.org } }", "expected a mail address")]
    [InlineData("channels: { m: { type: smtp, host: x, from: a@example.org, to: [] } }", "is an empty list")]
    [InlineData("channels: { m: { type: smtp, host: x, from: a@example.org, to: b@example.org, user: u } }", "needs both user and password_file")]
    [InlineData("routes: { to: ops }", "must be a list")]
    [InlineData("routes: [ { to: ops } ]", "expected the name of a channel of notify.channels, which is empty")]
    [InlineData("channels: { a: { type: feishu, url: https://x } }\nroutes: [ { to: b } ]", "hub.yaml:2:17: 'notify.routes[0].to' is 'b'; expected one of the channels a")]
    [InlineData("channels: { a: { type: feishu, url: https://x } }\nroutes: [ { severity: P1 } ]", "has no to")]
    [InlineData("channels: { a: { type: feishu, url: https://x } }\nroutes: [ { to: a, severity: P6 } ]", "expected P1 or P2")]
    [InlineData("channels: { a: { type: feishu, url: https://x } }\nroutes: [ { to: a, events: open } ]", "expected opened or reopened")]
    [InlineData("channels: { a: { type: feishu, url: https://x } }\nroutes: [ { to: a, days: weekday } ]", "expected a day such as mon")]
    [InlineData("channels: { a: { type: feishu, url: https://x } }\nroutes: [ { to: a, quiet: night } ]", "expected hours such as")]
    [InlineData("channels: { a: { type: feishu, url: https://x } }\nroutes: [ { to: a, digest: 1s } ]", "from 60 s")]
    [InlineData("channels: { a: { type: feishu, url: https://x } }\nroutes: [ { to: a, when: P1 } ]", "unknown key 'notify.routes[0].when'")]
    public void What_cannot_be_used_is_named_with_its_place(string yaml, string says) => Assert.Contains(says, Assert.Throws<UsageException>(() => Read(yaml)).Message, StringComparison.Ordinal);

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();
}
