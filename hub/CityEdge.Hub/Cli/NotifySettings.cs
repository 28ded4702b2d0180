using System.Text.Json;
using System.Text.RegularExpressions;
using CityEdge.Contracts;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Tickets.Machine;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Hub.Cli;

/// <summary>The block <c>notify:</c> of the configuration file: <c>link</c>, <c>channels</c> by name and <c>routes</c> in their order.</summary>
public static partial class NotifySettings
{
    private const int RobotsPerMinute = 20;
    private static readonly string[] ChannelKeys = ["type", "url", "secret_file", "per_minute", "timeout", "host", "port", "tls", "user", "password_file", "from", "to"];
    private static readonly string[] RouteKeys = ["to", "events", "severity", "site", "category", "asset", "hours", "days", "quiet", "quiet_from", "digest", "repeat", "language"];
    private static readonly Dictionary<string, DayOfWeek> DayNames = Enum.GetValues<DayOfWeek>().ToDictionary(d => d.ToString()[..3].ToLowerInvariant());

    /// <summary>Reads the block.</summary>
    /// <exception cref="UsageException">A key is unknown or a value cannot be used; the message has file, line and column.</exception>
    public static NotifyOptions Read(YamlNode node, string path)
    {
        var options = new NotifyOptions();
        YamlNode? routes = null;
        foreach (var (keyNode, value) in YamlValue.Map(node, path, "notify").Children)
        {
            switch (keyNode.ToString())
            {
                case "link":
                    options = options with { Link = Url(new YamlValue(path, "notify.link", value)) };
                    break;
                case "channels":
                    options = options with { Channels = [.. YamlValue.Map(value, path, "notify.channels").Children.Select(c => Channel(c.Key, c.Value, path))] };
                    break;
                case "routes":
                    routes = value;
                    break;
                default:
                    throw YamlValue.At(path, keyNode, $"unknown key 'notify.{keyNode}'; known: link, channels, routes.");
            }
        }
        if (routes is null) return options;
        if (routes is not YamlSequenceNode list) throw YamlValue.At(path, routes, "'notify.routes' must be a list of entries such as '- { to: [mail], severity: [P1, P2] }'.");
        return options with { Routes = [.. list.Children.Select((item, i) => Route(item, path, $"notify.routes[{i}]", options.Channels))] };
    }

    private static ChannelOptions Channel(YamlNode nameNode, YamlNode node, string path)
    {
        var name = nameNode.ToString();
        if (!ChannelName().IsMatch(name)) throw YamlValue.At(path, nameNode, $"a channel is called '{name}'; expected 1 to 40 of a-z, 0-9 and '-'.");
        var values = Values(node, path, $"notify.channels.{name}", ChannelKeys);
        var kind = Enum.Parse<ChannelKind>(Need(values, "type", node, path, "notify.channels." + name).Choice("webhook", "wecom", "dingtalk", "feishu", "smtp"), ignoreCase: true);
        var isMail = kind == ChannelKind.Smtp;
        foreach (var (key, value) in values)
        {
            if (isMail ? key is "url" or "secret_file" : key is "host" or "port" or "tls" or "user" or "password_file" or "from" or "to") throw YamlValue.At(path, value.Node, $"'{value.Key}' is not a key of a channel of type {kind.ToString().ToLowerInvariant()}.");
        }
        var channel = new ChannelOptions(name, kind)
        {
            Url = isMail ? null : Url(Need(values, "url", node, path, "notify.channels." + name)),
            Secret = values.TryGetValue("secret_file", out var secret) ? Secret(secret) : null,
            Smtp = isMail ? Smtp(values, node, path, "notify.channels." + name) : null,
            PerMinute = values.TryGetValue("per_minute", out var rate) ? rate.Text == "none" ? 0 : (int)rate.Number(1, 100_000) : kind is ChannelKind.Wecom or ChannelKind.Dingtalk or ChannelKind.Feishu ? RobotsPerMinute : 0,
        };
        if (kind == ChannelKind.Webhook && channel.Secret is null) throw YamlValue.At(path, node, $"'notify.channels.{name}' has no secret_file: a webhook's receiver must be able to tell who sent it.");
        return values.TryGetValue("timeout", out var timeout) ? channel with { Timeout = timeout.Duration(1, 300) } : channel;
    }

    private static SmtpOptions Smtp(Dictionary<string, YamlValue> values, YamlNode node, string path, string name)
    {
        var tls = values.TryGetValue("tls", out var asked) ? asked.Choice("none", "starttls", "tls") : "starttls";
        var port = values.TryGetValue("port", out var given) ? (int)given.Number(1, 65_535) : tls switch { "tls" => 465, "none" => 25, _ => 587 };
        var user = values.TryGetValue("user", out var u) ? u.Text : null;
        var password = values.TryGetValue("password_file", out var p) ? Secret(p) : null;
        if (user is null != password is null) throw YamlValue.At(path, node, $"'{name}' needs both user and password_file, or neither.");
        return new SmtpOptions(Need(values, "host", node, path, name).Text, port, tls, user, password, Address(Need(values, "from", node, path, name)), [.. List(Need(values, "to", node, path, name)).Select(Address)]);
    }

    private static NotifyRoute Route(YamlNode node, string path, string name, IReadOnlyList<ChannelOptions> channels)
    {
        var values = Values(node, path, name, RouteKeys);
        var to = List(Need(values, "to", node, path, name)).Select(v => channels.Any(c => c.Name == v.Text) ? v.Text
            : throw v.Bad(channels.Count == 0 ? "the name of a channel of notify.channels, which is empty" : "one of the channels " + string.Join(", ", channels.Select(c => c.Name)))).ToList();
        return new NotifyRoute
        {
            To = to,
            Events = Read("events", v => Choice<NoticeKind>(v)),
            Severities = Read("severity", v => Choice<Severity>(v)),
            Sites = Read("site", v => v.Text),
            Categories = Read("category", v => v.Text),
            Assets = Read("asset", v => v.Text),
            Hours = values.TryGetValue("hours", out var hours) ? Hours(hours) : null,
            Days = Read("days", v => v)?.SelectMany(Days).Distinct().ToList(),
            Quiet = values.TryGetValue("quiet", out var quiet) ? Hours(quiet) : null,
            QuietFrom = values.TryGetValue("quiet_from", out var from) ? Choice<Severity>(from) : Severity.P3,
            Digest = values.TryGetValue("digest", out var digest) ? digest.Duration(60, 7 * 86_400) : null,
            Repeat = Read("repeat", v => v.Duration(60, 30 * 86_400)) ?? [],
            Language = values.TryGetValue("language", out var language) && language.Choice("zh", "en", "both") is var word && word != "both" ? word : null,
        };

        IReadOnlyList<T>? Read<T>(string key, Func<YamlValue, T> one) => values.TryGetValue(key, out var value) ? [.. List(value).Select(one)] : null;
    }

    /// <summary>One day, or days from one to another: <c>mon</c>, <c>mon-fri</c>.</summary>
    private static IEnumerable<DayOfWeek> Days(YamlValue value)
    {
        var parts = value.Text.Split('-');
        if (parts.Length > 2 || parts.Any(p => !DayNames.ContainsKey(p))) throw value.Bad("a day such as mon, or days such as mon-fri");
        var (first, last) = (DayNames[parts[0]], DayNames[parts[^1]]);
        for (var i = 0; i < 7; i++)
        {
            var day = (DayOfWeek)(((int)first + i) % 7);
            yield return day;
            if (day == last) yield break;
        }
    }

    private static DailyHours Hours(YamlValue value) => DailyHours.TryParse(value.Text, out var hours) ? hours : throw value.Bad("hours such as 08:00-20:00 or 22:00-07:00");

    private static T Choice<T>(YamlValue value)
        where T : struct, Enum
    {
        var names = Enum.GetValues<T>().ToDictionary(v => typeof(T) == typeof(Severity) ? v.ToString() : JsonNamingPolicy.KebabCaseLower.ConvertName(v.ToString()));
        return names[value.Choice([.. names.Keys])];
    }

    private static Uri Url(YamlValue value) => Uri.TryCreate(value.Text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : throw value.Bad("a URL such as https://example.org/hook");

    private static string Address(YamlValue value) => MimeKit.MailboxAddress.TryParse(value.Text, out _) ? value.Text : throw value.Bad("a mail address such as duty@example.org");

    /// <summary>A secret's file, without the line end that editors add; relative to where the hub runs.</summary>
    private static string Secret(YamlValue value)
    {
        try
        {
            var text = File.ReadAllText(value.Text).TrimEnd('\r', '\n');
            return text.Length > 0 ? text : throw value.Bad("a file that holds the secret; it is empty");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw value.Bad("a file that can be read: " + error.Message);
        }
    }

    private static IReadOnlyList<YamlValue> List(YamlValue value)
    {
        if (value.Node is not YamlSequenceNode list) return [value];
        if (list.Children.Count == 0) throw YamlValue.At(value.Path, value.Node, $"'{value.Key}' is an empty list; leave the key out.");
        return [.. list.Children.Select((item, i) => new YamlValue(value.Path, $"{value.Key}[{i}]", item))];
    }

    private static Dictionary<string, YamlValue> Values(YamlNode node, string path, string name, string[] known)
    {
        var values = new Dictionary<string, YamlValue>(StringComparer.Ordinal);
        foreach (var (keyNode, value) in YamlValue.Map(node, path, name).Children)
        {
            var key = keyNode.ToString();
            if (!known.Contains(key)) throw YamlValue.At(path, keyNode, $"unknown key '{name}.{key}'; known: {string.Join(", ", known)}.");
            values[key] = new YamlValue(path, $"{name}.{key}", value);
        }
        return values;
    }

    private static YamlValue Need(Dictionary<string, YamlValue> values, string key, YamlNode node, string path, string name) =>
        values.TryGetValue(key, out var value) ? value : throw YamlValue.At(path, node, $"'{name}' has no {key}.");

    [GeneratedRegex("^[a-z0-9-]{1,40}$")]
    private static partial Regex ChannelName();
}
