using System.Security.Cryptography;
using System.Text;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace CityEdge.Hub.Notification;

/// <summary>Mail, plain text, a connection for each message. The <c>Message-Id</c> comes from the message's id, so that a retry is the same mail to a mail box that drops repeats.</summary>
/// <param name="options">Server and recipients.</param>
public sealed class SmtpChannel(ChannelOptions options) : IChannel
{
    public async Task<SendResult> SendAsync(OutgoingMessage message, CancellationToken ct)
    {
        var smtp = options.Smtp!;
        using var mail = Compose(message, smtp);
        using var client = new SmtpClient();
        try
        {
            await client.ConnectAsync(smtp.Host, smtp.Port, smtp.Tls switch { "tls" => SecureSocketOptions.SslOnConnect, "starttls" => SecureSocketOptions.StartTls, _ => SecureSocketOptions.None }, ct);
            if (smtp is { User: { } user, Password: { } password }) await client.AuthenticateAsync(user, password, ct);
            await client.SendAsync(mail, ct);
            await client.DisconnectAsync(true, CancellationToken.None);
            return SendResult.Taken;
        }
        catch (Exception refused) when (refused is SmtpCommandException or SmtpProtocolException or AuthenticationException or SslHandshakeException or MailKit.ServiceNotAuthenticatedException or NotSupportedException)
        {
            return new SendResult(refused.Message);
        }
    }

    private static MimeMessage Compose(OutgoingMessage message, SmtpOptions smtp)
    {
        var mail = new MimeMessage { Subject = message.Title, Date = message.At, MessageId = $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(message.Id)).AsSpan(0, 16))}@cityedge" };
        mail.From.Add(MailboxAddress.Parse(smtp.From));
        foreach (var to in smtp.To) mail.To.Add(MailboxAddress.Parse(to));
        // RFC 3834: no holiday answers to a machine.
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        mail.Headers.Add("X-CityEdge-Notice", message.Id);
        mail.Body = new TextPart("plain") { Text = string.Join("\r\n", message.Lines) + "\r\n" };
        return mail;
    }
}
