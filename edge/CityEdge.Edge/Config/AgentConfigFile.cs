using CityEdge.Adapters;
using CityEdge.Contracts;
using CityEdge.SegmentLog;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Edge;

/// <summary>
/// Reads the agent's YAML file. Every mistake in it is reported at once, with line and column; unknown keys are mistakes. Files it names (<c>password_file</c>, <c>ca_file</c>, …)
/// are relative to it.
/// </summary>
public static class AgentConfigFile
{
    /// <summary>Reads a file. Settings of the command line go before the file's.</summary>
    /// <param name="path">The file.</param>
    /// <param name="registry">Known adapter types.</param>
    /// <param name="clock">The adapters' clock.</param>
    /// <param name="overrides">From the command line.</param>
    /// <param name="onFault">Told of each fault of an adapter: id, message.</param>
    public static LoadedAgent Load(string path, AdapterRegistry registry, TimeProvider clock, ConfigOverrides? overrides = null, Action<string, string>? onFault = null)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Failed(new ConfigError(path, 1, 1, "", $"cannot be read: {e.Message} Give the agent's configuration with --config FILE."));
        }
        return Parse(text, path, registry, clock, overrides, onFault);
    }

    /// <summary>Reads a text as if it stood in a file.</summary>
    public static LoadedAgent Parse(string text, string path, AdapterRegistry registry, TimeProvider clock, ConfigOverrides? overrides = null, Action<string, string>? onFault = null)
    {
        YamlNode? root;
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            root = stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode;
        }
        catch (YamlException e)
        {
            return Failed(new ConfigError(path, e.Start.Line, e.Start.Column, "", $"not YAML: {e.Message}"));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException or OverflowException)
        {
            // The YAML scanner lets these out for some broken texts, without a place.
            return Failed(new ConfigError(path, 1, 1, "", $"not YAML: {e.Message} Look for an unclosed quote, brace or bracket."));
        }
        if (root is not YamlMappingNode mapping) return Failed(new ConfigError(path, 1, 1, "", "expected a mapping with site, device, hub, spool and adapters"));
        return new Reader(path, mapping, overrides ?? new ConfigOverrides()).Read(registry, clock, onFault);
    }

    private static LoadedAgent Failed(ConfigError error) => new(null, [], [error]);

    private sealed class Reader(string path, YamlMappingNode mapping, ConfigOverrides overrides)
    {
        private readonly List<ConfigError> errors = [];
        private readonly string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;

        public LoadedAgent Read(AdapterRegistry registry, TimeProvider clock, Action<string, string>? onFault)
        {
            var root = new ConfigNode(mapping, path, "", errors);
            var site = root.Text("site", required: true);
            if (site is not null && !PointId.IsSiteOrDevice(site)) root.Error("site", $"'{site}' is not 1 to 64 of letters, digits, _ and -");
            var device = root.Text("device", required: true);
            if (device is not null && !Topics.IsDeviceName(device)) root.Error("device", $"'{device}' is not 1 to 64 of letters, digits, _ and -, or is the reserved word '{Topics.TicketsLevel}'");
            var hub = Hub(Section(root, "hub", required: overrides.HubUrl is null));
            var spool = Spool(Section(root, "spool", required: overrides.SpoolDirectory is null));
            var gzip = root.Flag("gzip") ?? false;
            var window = root.Integer("window", 1, 100) ?? 16;
            var every = root.Duration("status_every", TimeSpan.FromSeconds(1)) ?? TimeSpan.FromSeconds(60);
            root.Has("adapters");
            root.RejectUnknown();
            var adapters = new List<IAdapter>();
            if (site is not null && device is not null && spool is not null)
            {
                var context = new AdapterContext(site, device, path, folder, clock, new FileAdapterProgress(spool.Directory), onFault);
                foreach (var entry in Entries())
                {
                    var made = registry.Create(context, entry);
                    errors.AddRange(made.Errors);
                    if (made.Adapter is not { } adapter) continue;
                    if (adapters.Exists(a => a.Id == adapter.Id)) errors.Add(At(entry, "adapters", $"id '{adapter.Id}' is already taken by another adapter"));
                    adapters.Add(adapter);
                }
            }
            if (errors.Count > 0 || hub is null || spool is null) return new LoadedAgent(null, [], errors);
            return new LoadedAgent(new AgentConfig { Site = site!, Device = device!, Hub = hub, Spool = spool, Gzip = gzip, Window = window, StatusEvery = every }, adapters, []);
        }

        private HubLinkConfig? Hub(ConfigNode? hub)
        {
            var url = overrides.HubUrl ?? hub?.Text("url", required: true);
            if (hub is null) return url is null ? null : new HubLinkConfig { Url = url };
            hub.Has("url");
            var config = new HubLinkConfig
            {
                Url = url ?? "",
                Password = Password(hub, out var passwordFile, out var codeFile, out var claimUrl),
                PasswordFile = passwordFile,
                ClaimCodeFile = codeFile,
                ClaimUrl = claimUrl,
                CaFile = FileAt(hub, "ca_file"),
                CertFile = FileAt(hub, "cert_file"),
                KeyFile = FileAt(hub, "key_file"),
            };
            if (url is not null && !MqttUrls.IsValid(url, out var error)) hub.Error("url", error);
            hub.RejectUnknown();
            return config;
        }

        private string? Password(ConfigNode hub, out string? file, out string? codeFile, out Uri? claimUrl)
        {
            claimUrl = null;
            file = hub.Text("password_file") is { } name ? Path.Combine(folder, name) : null;
            codeFile = hub.Text("claim_code_file") is { } code ? Path.Combine(folder, code) : null;
            if (hub.Text("claim_url") is { } url)
            {
                if (ClaimRequest.TryParseHub(url, out var address, out var error)) claimUrl = address;
                else hub.Error("claim_url", error);
            }
            if (codeFile is not null && file is null) hub.Error("claim_code_file", "needs password_file, the file that gets the token");
            if (codeFile is not null && claimUrl is null && !hub.Has("claim_url")) hub.Error("claim_code_file", "needs claim_url, the address of the hub's API: https://HOST:PORT");
            if (file is null) return null;
            if (!File.Exists(file))
            {
                if (overrides.Claiming || codeFile is not null && File.Exists(codeFile) && new FileInfo(codeFile).Length > 0) return null;
                hub.Error("password_file", $"there is no file {file}{(codeFile is null ? "" : $", and no {codeFile} to claim it with")}; write the token that `cityedge-hub devices add` printed into it, or fetch it with `cityedge-edge claim`");
                return null;
            }
            try
            {
                var password = File.ReadAllText(file).Trim();
                if (password.Length > 0) return password;
                hub.Error("password_file", $"{file} is empty; write the token that `cityedge-hub devices add` printed into it");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                hub.Error("password_file", $"cannot be read: {e.Message}");
            }
            return null;
        }

        private string? FileAt(ConfigNode node, string key)
        {
            if (node.Text(key) is not { } name) return null;
            var file = Path.Combine(folder, name);
            if (File.Exists(file)) return file;
            node.Error(key, $"there is no file {file}");
            return null;
        }

        private SpoolConfig? Spool(ConfigNode? spool)
        {
            var directory = overrides.SpoolDirectory ?? (spool?.Text("dir", required: true) is { } written ? Path.Combine(folder, written) : null);
            if (directory is null) return null;
            var config = new SpoolConfig { Directory = Path.GetFullPath(directory) };
            if (spool is null) return config;
            spool.Has("dir");
            if (spool.Text("max_bytes") is { } size)
            {
                if (!ByteSizes.TryParse(size, out var bytes)) spool.Error("max_bytes", $"'{size}' is not a size; write for example 256MiB");
                else if (bytes < SpoolConfig.MinBytes) spool.Error("max_bytes", $"'{size}' is less than {SpoolConfig.MinBytes >> 20}MiB");
                else config = config with { MaxBytes = bytes };
            }
            if (spool.Choice("when_full", "drop-oldest", "refuse") is { } policy) config = config with { WhenFull = policy == "refuse" ? WhenFull.Refuse : WhenFull.DropOldest };
            spool.RejectUnknown();
            return config;
        }

        private ConfigNode? Section(ConfigNode root, string key, bool required)
        {
            if (!root.Has(key))
            {
                if (required) root.Error(key, $"'{key}' is missing, and required");
                return null;
            }
            if (mapping.Children.First(c => c.Key is YamlScalarNode k && k.Value == key).Value is YamlMappingNode section) return new ConfigNode(section, path, key, errors);
            root.Error(key, $"'{key}' is not a mapping");
            return null;
        }

        private IEnumerable<YamlMappingNode> Entries()
        {
            var node = mapping.Children.FirstOrDefault(c => c.Key is YamlScalarNode { Value: "adapters" }).Value;
            if (node is null) yield break;
            if (node is not YamlSequenceNode list)
            {
                errors.Add(At(node, "adapters", "is not a list; write - { id: …, type: … }"));
                yield break;
            }
            foreach (var entry in list)
            {
                if (entry is YamlMappingNode one) yield return one;
                else errors.Add(At(entry, "adapters", "is not a mapping; write - { id: …, type: … }"));
            }
        }

        private ConfigError At(YamlNode node, string key, string message) => new(path, node.Start.Line, node.Start.Column, key, message);
    }
}
