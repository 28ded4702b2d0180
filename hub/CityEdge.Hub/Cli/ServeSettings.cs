using System.CommandLine;
using System.Globalization;
using System.Net;
using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Telemetry;
using CityEdge.Rules;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Hub.Cli;

/// <summary>The settings of <c>serve</c> and how they become <see cref="HubOptions"/>.</summary>
public sealed class ServeSettings
{
    private readonly Setting data = new("data", "DIR", "./cityedge-data", "Data directory: journal, tickets, telemetry, keys");
    private readonly Setting http = new("http", "URL", "http://127.0.0.1:8080", "Console and API; port 0 is any");
    private readonly Setting https = new("https", "HOST:PORT", null, "Console and API over TLS, with --cert and --key");
    private readonly Setting mqtt = new("mqtt", "HOST:PORT|none", "127.0.0.1:1883", "MQTT 3.1.1 and 5.0; port 0 is any; none: no listener, with --upstream or --mqtts");
    private readonly Setting mqtts = new("mqtts", "HOST:PORT", null, "MQTT over TLS, with --cert and --key");
    private readonly Setting cert = new("cert", "FILE", null, "Server certificate, PEM, with its chain");
    private readonly Setting key = new("key", "FILE", null, "Private key of --cert, PEM");
    private readonly Setting clientCa = new("client-ca", "FILE", null, "Authority of device certificates on --mqtts, PEM; with it a device may show a certificate instead of a token");
    private readonly Setting clientCrl = new("client-crl", "FILE", null, "Revocation list of --client-ca, PEM or DER; read again when it changes");
    private readonly Setting config = new("config", "FILE", null, "Configuration file, YAML; its keys are these flags with _ for -");
    private readonly Setting rules = new("rules", "DIR", null, "Directory of rule files, one rule a file; watched");
    private readonly Setting calendar = new("calendar", "FILE", null, "Seasons, holidays and place that rules are judged by, YAML; default: Beijing's, in edge/CityEdge.Rules/calendar.yaml");
    private readonly Setting maxAge = new("max-age", "24h|none", "24h", "Alarms raised longer ago than this when their data arrive are recorded, not dispatched");
    private readonly Setting retention = new("retention", "400d|none", "400d", "How long telemetry is kept");
    private readonly Setting rollUpRetention = new("rollup-retention", "1825d|none", "none", "How long the hourly roll-up of telemetry is kept");
    private readonly Setting reporterRetention = new("reporter-retention", "180d|none", "180d", "How long it is kept who complained; the complaint itself stays");
    private readonly Setting telemetry = new("telemetry", "embedded|influx", "embedded", "Where telemetry is stored");
    private readonly Setting influxUrl = new("influx-url", "URL", "http://127.0.0.1:8086", "InfluxDB server");
    private readonly Setting influxVersion = new("influx-version", "1|2|3", "1", "InfluxDB's write dialect");
    private readonly Setting influxDb = new("influx-db", "NAME", "cityedge", "InfluxDB 1.x or 3 database; a 1.x one is made if missing");
    private readonly Setting influxBucket = new("influx-bucket", "NAME", null, "InfluxDB 2 bucket");
    private readonly Setting influxOrg = new("influx-org", "NAME", null, "InfluxDB 2 organisation");
    private readonly Setting influxToken = new("influx-token", "TOKEN", null, "InfluxDB 2 or 3 token");
    private readonly Setting influxUser = new("influx-user", "NAME", null, "InfluxDB user");
    private readonly Setting influxPasswordFile = new("influx-password-file", "FILE", null, "File with the InfluxDB user's password");
    private readonly Setting auth = new("auth", "required|none", "required", "none: MQTT and API take anyone as admin; refused unless every listener is loopback");
    private readonly Setting registration = new("registration", "open|closed", "open", "closed: unknown devices and points are refused");
    private readonly Setting journalMax = new("journal-max", "BYTES", "8GiB", "Byte cap of the journal; when it is full the hub stops acknowledging");
    private readonly Setting timeZone = new("time-zone", "ZONE", "Asia/Shanghai", "Zone of sites, day buckets and ticket numbers");

    private readonly UpstreamSettings upstream = new();

    private Setting[] All => [data, http, https, mqtt, mqtts, cert, key, clientCa, clientCrl, config, rules, calendar, maxAge, retention, rollUpRetention, reporterRetention, telemetry, influxUrl, influxVersion, influxDb, influxBucket, influxOrg, influxToken, influxUser, influxPasswordFile, auth, registration, journalMax, timeZone, .. upstream.All];

    /// <summary>Adds the flags to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var setting in All) command.Options.Add(setting.Option);
    }

    /// <summary>Reads flags, environment and configuration file; <paramref name="overrides"/> are defaults by name that a command changes.</summary>
    /// <exception cref="UsageException">A value cannot be used; the message names it and says what is expected.</exception>
    public HubOptions Read(ParseResult parsed, IReadOnlyDictionary<string, string>? overrides = null)
    {
        var file = ReadFile(parsed.GetValue(config.Option) ?? Environment.GetEnvironmentVariable(config.Variable), out var broker, out var notify);
        string? Raw(Setting setting) => parsed.GetValue(setting.Option) ?? Environment.GetEnvironmentVariable(setting.Variable) ?? file.GetValueOrDefault(setting.Key) ?? overrides?.GetValueOrDefault(setting.Name) ?? setting.Fallback;
        string Need(Setting setting) => Raw(setting)!;

        var authMode = Choice(auth, Need(auth), "required", "none") == "none" ? AuthMode.None : AuthMode.Required;
        var httpUrl = Uri.TryCreate(Need(http), UriKind.Absolute, out var url) && url.Scheme == "http" ? url : throw Bad(http, Need(http), "a URL such as http://127.0.0.1:8080");
        var listeners = new[] { httpUrl.Host, Need(mqtt) == "none" ? null : Host(mqtt, Need(mqtt)), Raw(https) is { } s ? Host(https, s) : null, Raw(mqtts) is { } m ? Host(mqtts, m) : null };
        if (authMode == AuthMode.None && listeners.FirstOrDefault(h => h is not null && !IsLoopback(h)) is { } open)
            throw new UsageException($"--auth none is refused because a listener is on {open}, which others can reach: bind every listener to 127.0.0.1, or leave --auth at required.");
        if ((Raw(https) ?? Raw(mqtts)) is not null && (Raw(cert) is null || Raw(key) is null)) throw new UsageException("--https and --mqtts need --cert FILE and --key FILE (PEM).");
        if (Raw(clientCa) is not null && Raw(mqtts) is null) throw new UsageException("--client-ca is for device certificates on --mqtts, which is not given.");
        if (Raw(clientCrl) is not null && Raw(clientCa) is null) throw new UsageException("--client-crl needs --client-ca FILE, whose certificates it revokes.");
        var other = upstream.Read(Raw);
        if (Need(mqtt) == "none" && other is null && Raw(mqtts) is null) throw new UsageException("--mqtt none leaves no way for devices to report: give --upstream URL or --mqtts HOST:PORT.");
        return new HubOptions
        {
            Data = Path.GetFullPath(Need(data)),
            Http = httpUrl,
            Https = Raw(https),
            Mqtt = Need(mqtt) == "none" ? null : Need(mqtt),
            Upstream = other,
            Mqtts = Raw(mqtts),
            CertificateFile = Raw(cert),
            KeyFile = Raw(key),
            ClientCaFile = Raw(clientCa),
            ClientCrlFile = Raw(clientCrl),
            RulesDirectory = Raw(rules) is { } dir ? (Directory.Exists(dir) ? Path.GetFullPath(dir) : throw Bad(rules, dir, "a directory that exists")) : null,
            Calendar = Raw(calendar) is { } dates ? ReadCalendar(dates) : SeasonCalendar.Default,
            CalendarText = Raw(calendar) is { } text ? File.ReadAllText(text) : null,
            MaxAge = DurationOrNone(maxAge, Need(maxAge)),
            ReporterRetention = DurationOrNone(reporterRetention, Need(reporterRetention)),
            Auth = authMode,
            RegistrationOpen = Choice(registration, Need(registration), "open", "closed") == "open",
            JournalMaxBytes = Bytes(journalMax, Need(journalMax)),
            Broker = broker,
            Notify = notify,
            TimeZone = TimeZoneInfo.TryFindSystemTimeZoneById(Need(timeZone), out _) ? Need(timeZone) : throw Bad(timeZone, Need(timeZone), "a zone of the tz database such as Asia/Shanghai"),
            Telemetry = new TelemetryOptions
            {
                Kind = Choice(telemetry, Need(telemetry), "embedded", "influx"),
                Directory = Path.Combine(Path.GetFullPath(Need(data)), "telemetry"),
                Retention = DurationOrNone(retention, Need(retention)),
                RollUpRetention = DurationOrNone(rollUpRetention, Need(rollUpRetention)),
                InfluxUrl = Need(influxUrl),
                InfluxVersion = Choice(influxVersion, Need(influxVersion), "1", "2", "3")[0] - '0',
                InfluxDatabase = Raw(influxBucket) ?? Need(influxDb),
                InfluxOrganisation = Raw(influxOrg),
                InfluxToken = Raw(influxToken),
                InfluxUser = Raw(influxUser),
                InfluxPasswordFile = Raw(influxPasswordFile) is { } passwords ? File.Exists(passwords) ? passwords : throw Bad(influxPasswordFile, passwords, "a file that exists") : null,
            },
        };
    }

    private SeasonCalendar ReadCalendar(string path)
    {
        if (!File.Exists(path)) throw Bad(calendar, path, "a file that exists");
        var read = CalendarFile.Parse(File.ReadAllText(path), path, out var errors);
        return errors.Count == 0 ? read : throw new UsageException($"--calendar {path} has errors: {string.Join("; ", errors)}");
    }

    private Dictionary<string, string> ReadFile(string? path, out BrokerOptions broker, out NotifyOptions notify)
    {
        (broker, notify) = (new BrokerOptions(), new NotifyOptions());
        var values = new Dictionary<string, string>();
        if (path is null) return values;
        if (!File.Exists(path)) throw Bad(config, path, "a file that exists");
        var yaml = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            yaml.Load(reader);
        }
        catch (YamlDotNet.Core.YamlException error)
        {
            throw new UsageException($"{path}:{error.Start.Line}:{error.Start.Column}: {error.Message}");
        }
        catch (InvalidOperationException error)
        {
            // YamlDotNet says so of some broken texts, without a place.
            throw new UsageException($"{path}: {error.Message}");
        }
        if (yaml.Documents.Count == 0) return values;
        if (yaml.Documents[0].RootNode is not YamlMappingNode root) throw new UsageException($"{path}:1:1: expected keys and values, such as 'http: http://127.0.0.1:8080'.");
        var known = All.Select(s => s.Key).ToList();
        foreach (var (keyNode, value) in root.Children)
        {
            var name = keyNode.ToString();
            if (name == "broker")
            {
                broker = BrokerSettings.Read(value, path);
                continue;
            }
            if (name == "notify")
            {
                notify = NotifySettings.Read(value, path);
                continue;
            }
            if (!known.Contains(name)) throw new UsageException($"{path}:{keyNode.Start.Line}:{keyNode.Start.Column}: unknown key '{name}'; known: broker, notify, {string.Join(", ", known)}.");
            values[name] = value is YamlScalarNode scalar ? scalar.Value ?? "" : throw new UsageException($"{path}:{value.Start.Line}:{value.Start.Column}: '{name}' must be one value.");
        }
        return values;
    }

    private static UsageException Bad(Setting setting, string? value, string expected) => new($"--{setting.Name} is '{value}'; expected {expected}.");

    private static string Choice(Setting setting, string value, params string[] choices) => choices.Contains(value) ? value : throw Bad(setting, value, string.Join(" or ", choices));

    private static TimeSpan? DurationOrNone(Setting setting, string value) => value == "none" ? null : Durations.TryParse(value, out var duration) && duration > TimeSpan.Zero ? duration : throw Bad(setting, value, "a duration such as 24h, or none");

    private static string Host(Setting setting, string value) => Endpoints.TrySplit(value, out var host, out _) ? host : throw Bad(setting, value, "HOST:PORT such as 127.0.0.1:1883");

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static long Bytes(Setting setting, string value) => TryBytes(value, out var bytes) && bytes > 0 ? bytes : throw Bad(setting, value, "bytes such as 512MiB or 8GiB");

    /// <summary>Bytes as people write them: <c>1048576</c>, <c>256KiB</c>, <c>8GiB</c>.</summary>
    internal static bool TryBytes(string value, out long bytes)
    {
        bytes = 0;
        var digits = value.TakeWhile(char.IsAsciiDigit).Count();
        var unit = value[digits..].Trim() switch { "" or "B" => 1L, "KiB" => 1L << 10, "MiB" => 1L << 20, "GiB" => 1L << 30, _ => 0 };
        if (digits == 0 || unit == 0 || !long.TryParse(value[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue / unit) return false;
        bytes = number * unit;
        return true;
    }
}
