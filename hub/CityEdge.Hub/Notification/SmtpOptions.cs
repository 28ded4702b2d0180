namespace CityEdge.Hub.Notification;

/// <summary>The mail server of a channel, and whom it writes to.</summary>
/// <param name="Host">Server.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Tls"><c>none</c>, <c>starttls</c> (RFC 3207) or <c>tls</c> (RFC 8314).</param>
/// <param name="User">Null: no authentication.</param>
/// <param name="Password">Null: no authentication.</param>
/// <param name="From">Sender.</param>
/// <param name="To">Recipients, at least one.</param>
public sealed record SmtpOptions(string Host, int Port, string Tls, string? User, string? Password, string From, IReadOnlyList<string> To);
