using CityEdge.Contracts;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Upstream;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Cli;

/// <summary>The settings of <c>serve</c> that make the hub a client of an existing broker.</summary>
public sealed class UpstreamSettings
{
    private readonly Setting url = new("upstream", "URL", null, "Be a client of this MQTT broker: mqtt://[USER@]HOST:PORT, or mqtts:// for TLS; devices speak to that broker");
    private readonly Setting passwordFile = new("upstream-password-file", "FILE", null, "File with the password of the user in --upstream");
    private readonly Setting ca = new("upstream-ca", "FILE", null, "Authorities to trust for --upstream instead of the system's, PEM");
    private readonly Setting cert = new("upstream-cert", "FILE", null, "The hub's certificate at --upstream, PEM");
    private readonly Setting key = new("upstream-key", "FILE", null, "Private key of --upstream-cert, PEM");
    private readonly Setting clientId = new("upstream-client-id", "ID", null, "Client id at --upstream; without it one is drawn and kept in the data directory");
    private readonly Setting share = new("upstream-share", "NAME|none", "cityedge", "Name of the shared subscription at --upstream, by which several hubs divide the messages; none: plain subscriptions");
    private readonly Setting version = new("upstream-version", "5|3.1.1", "5", "MQTT version of --upstream; 3.1.1 has no shared subscriptions");
    private readonly Setting sessionExpiry = new("upstream-session-expiry", "7d|none", "7d", "How long --upstream is asked to keep messages while the hub is away; none: for ever");
    private readonly Setting window = new("upstream-window", "N", "1000", "Most messages under way from --upstream that are not flushed yet, 1 to 65535");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Setting> All => [url, passwordFile, ca, cert, key, clientId, share, version, sessionExpiry, window];

    /// <summary>Null without <c>--upstream</c>.</summary>
    /// <exception cref="UsageException">A value cannot be used; the message names it and says what is expected.</exception>
    public UpstreamOptions? Read(Func<Setting, string?> raw)
    {
        if (raw(url) is not { } text)
        {
            return All.FirstOrDefault(s => s.Fallback is null && raw(s) is not null) is { } orphan ? throw new UsageException($"--{orphan.Name} is for --upstream URL, which is not given.") : null;
        }
        var (user, address) = Split(text);
        if (!MqttEndpoint.TryParse(address, out var endpoint, out var error)) throw new UsageException($"--upstream: {error}");
        if (raw(ca) is not null && !endpoint.Tls) throw new UsageException("--upstream-ca is for an mqtts:// address in --upstream.");
        if (raw(cert) is not null && raw(key) is null) throw new UsageException("--upstream-cert needs --upstream-key FILE (PEM).");
        if (raw(passwordFile) is not null && user is null) throw new UsageException("--upstream-password-file needs the user in the address: --upstream mqtt://USER@HOST:PORT.");
        var three = raw(version) switch { "5" or "5.0" => false, "3.1.1" => true, var other => throw Bad(version, other, "5 or 3.1.1") };
        var name = raw(share) is "none" ? null : raw(share);
        if (three && name != share.Fallback && name is not null) throw new UsageException("--upstream-share names a shared subscription, which MQTT 3.1.1 does not have: leave it out.");
        if (name is not null && (name.Length == 0 || name.AsSpan().ContainsAny("/+#"))) throw Bad(share, name, "a name without / + #, or none");
        return new UpstreamOptions
        {
            Url = endpoint.ToString(),
            User = user,
            PasswordFile = Existing(passwordFile),
            CaFile = Existing(ca),
            CertificateFile = Existing(cert),
            KeyFile = Existing(key),
            ClientId = raw(clientId),
            Share = three ? null : name,
            Version = three ? MqttVersion.V311 : MqttVersion.V500,
            SessionExpiry = raw(sessionExpiry) is "none" ? TimeSpan.FromSeconds(uint.MaxValue)
                : Durations.TryParse(raw(sessionExpiry)!, out var expiry) && expiry > TimeSpan.Zero ? expiry : throw Bad(sessionExpiry, raw(sessionExpiry), "a duration such as 7d, or none"),
            Window = int.TryParse(raw(window), out var count) && count is >= 1 and <= ushort.MaxValue ? count : throw Bad(window, raw(window), "a number from 1 to 65535"),
        };

        string? Existing(Setting setting) => raw(setting) is not { } file ? null : File.Exists(file) ? Path.GetFullPath(file) : throw Bad(setting, file, "a file that exists");
    }

    /// <summary><c>mqtt://user@host</c> into user and address; a password in the address would be seen by every user of the machine.</summary>
    private static (string? User, string Address) Split(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var start = scheme < 0 ? 0 : scheme + 3;
        var at = text.LastIndexOf('@');
        if (at < start) return (null, text);
        var user = text[start..at];
        if (user.Contains(':', StringComparison.Ordinal)) throw new UsageException("--upstream has a password in its address, where every user of this machine can read it: put it into a file and give --upstream-password-file FILE.");
        return (Uri.UnescapeDataString(user), text[..start] + text[(at + 1)..]);
    }

    private static UsageException Bad(Setting setting, string? value, string expected) => new($"--{setting.Name} is '{value}'; expected {expected}.");
}
