using CityEdge.Hub.Notification;
using MimeKit;

namespace CityEdge.Hub.Tests;

/// <summary>Mail to a server that nobody here wrote: aiosmtpd, which keeps what it takes in a Maildir.</summary>
public sealed class SmtpChannelTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private async Task<(ChildProcess Server, int Port)> ServerAsync()
    {
        var port = FreePort.Next();
        var server = new ChildProcess("aiosmtpd", ["-n", "-l", $"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Mailbox", folder["mail"]]);
        await Wait.UntilAsync("aiosmtpd to listen", async () =>
        {
            using var probe = new System.Net.Sockets.TcpClient();
            try
            {
                await probe.ConnectAsync("127.0.0.1", port);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        }, TimeSpan.FromSeconds(20), () => server.Errors);
        return (server, port);
    }

    private static ChannelOptions Mail(int port, string tls = "none") => new("mail", ChannelKind.Smtp) { Smtp = new SmtpOptions("127.0.0.1", port, tls, null, null, "CityEdge <hub@example.org>", ["duty@example.org", "值班 <second@example.org>"]) };

    [Fact]
    public async Task A_ticket_comes_as_a_mail_in_both_languages_and_a_retry_is_the_same_mail()
    {
        var (server, port) = await ServerAsync();
        await using var owned = server;
        await using var hub = await RunningHub.StartAsync(folder["data"], o => o with { Notify = new NotifyOptions { Channels = [Mail(port)], Routes = [new NotifyRoute { To = ["mail"] }] } });
        (await hub.PutRuleAsync("mail", """
            id: mail
            title: { zh: 室温不达标, en: Room too cold }
            signal: temperature
            where: { site: mail }
            raise: [ { severity: P2, when: "value < 18" } ]
            ticket: { category: heating.room, wait: 0s }
            """)).Is(System.Net.HttpStatusCode.Created);
        await hub.TemperatureAsync("mail/dev", 10);
        await hub.EventuallyAsync("/api/v1/notifications?state=sent", page => page.GetProperty("items").GetArrayLength() == 1);
        var mail = await MimeMessage.LoadAsync(Assert.Single(Directory.GetFiles(Path.Combine(folder["mail"], "new"))), TestContext.Current.CancellationToken);
        Assert.Equal("【P2】新工单：室温不达标 · mail/dev/t / [P2] New ticket: Room too cold · mail/dev/t", mail.Subject);
        Assert.Contains("读数：10 Cel", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("Reading: 10 Cel", mail.TextBody, StringComparison.Ordinal);
        Assert.Equal(["duty@example.org", "second@example.org"], mail.To.Mailboxes.Select(m => m.Address));
        Assert.Equal("auto-generated", mail.Headers["Auto-Submitted"]);
        var channel = new SmtpChannel(Mail(port));
        var message = new OutgoingMessage(mail.Headers["X-CityEdge-Notice"]!, DateTimeOffset.UnixEpoch, "again", ["x"], []);
        Assert.Null((await channel.SendAsync(message, TestContext.Current.CancellationToken)).Error);
        var ids = new List<string>();
        foreach (var file in Directory.GetFiles(Path.Combine(folder["mail"], "new"))) ids.Add((await MimeMessage.LoadAsync(file, TestContext.Current.CancellationToken)).MessageId!);
        Assert.Equal(2, ids.Count);
        Assert.Single(ids.Distinct());
    }

    [Fact]
    public async Task A_server_without_the_tls_that_is_asked_for_is_not_written_to()
    {
        var (server, port) = await ServerAsync();
        await using var owned = server;
        var result = await new SmtpChannel(Mail(port, "starttls")).SendAsync(new OutgoingMessage("n1-mail", DateTimeOffset.UnixEpoch, "t", ["x"], []), TestContext.Current.CancellationToken);
        Assert.Contains("STARTTLS", result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.False(Directory.Exists(Path.Combine(folder["mail"], "new")) && Directory.GetFiles(Path.Combine(folder["mail"], "new")).Length > 0);
    }

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();
}
