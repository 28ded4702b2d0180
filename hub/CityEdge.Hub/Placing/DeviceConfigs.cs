using System.Security.Cryptography;
using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Rules;

namespace CityEdge.Hub.Placing;

/// <summary>Which rules run in which agent: the rules <c>at: edge</c> and, of each device, the points that they match, as documents for its <c>config</c> topic.</summary>
public sealed class DeviceConfigs(HubRegistry registry, TimeZoneInfo zone, string? calendar)
{
    /// <summary>Largest document, bytes; with its topic it stays below the packet limit of 256 KiB.</summary>
    public const int MaxBytes = 240 << 10;

    // Asked at every point that registers, while rules seldom change.
    private readonly Dictionary<string, (StoredRule Stored, RuleDefinition? Rule)> parsed = new(StringComparer.Ordinal);

    /// <summary>Rules in force that agents can run, by id. For one thread.</summary>
    public IReadOnlyList<(StoredRule Stored, RuleDefinition Rule)> EdgeRules()
    {
        var rules = registry.Rules.OrderBy(r => r.Id, StringComparer.Ordinal).ToList();
        foreach (var gone in parsed.Keys.Except(rules.Select(r => r.Id)).ToList()) parsed.Remove(gone);
        foreach (var rule in rules)
        {
            if (!parsed.TryGetValue(rule.Id, out var known) || known.Stored != rule) parsed[rule.Id] = (rule, ForAgents(rule));
        }
        return [.. rules.Select(r => parsed[r.Id]).Where(r => r.Rule is not null).Select(r => (r.Stored, r.Rule!))];
    }

    private static RuleDefinition? ForAgents(StoredRule stored) => RuleParser.Parse(stored.Yaml, stored.Id).Rule is { At: RulePlacement.Edge } rule && EdgeLimits.Check(rule, rule.Id) is null ? rule : null;

    /// <summary>The document of a device whose points these are; without rules when none concerns it.</summary>
    public DeviceConfig Compose(IReadOnlyList<(StoredRule Stored, RuleDefinition Rule)> rules, IEnumerable<PointEntry> points)
    {
        var matchers = rules.Select(r => (r.Stored, Matcher: new RuleMatcher(r.Rule), Points: new List<string>())).ToList();
        var known = new List<ConfigPoint>();
        foreach (var point in points.OrderBy(p => p.Id.Name, StringComparer.Ordinal))
        {
            var context = TicketRouting.Context(point, registry, zone);
            var matched = false;
            foreach (var (_, matcher, names) in matchers)
            {
                if (!matcher.Matches(context)) continue;
                names.Add(point.Id.Name);
                matched = true;
            }
            if (!matched) continue;
            known.Add(new ConfigPoint
            {
                Name = point.Id.Name,
                Kind = PointKinds.Name(point.Kind),
                Unit = point.SourceUnit ?? point.Unit,
                Asset = point.Asset,
                Lat = context.Position?.Lat,
                Long = context.Position?.Long,
                Labels = Sorted(context.Labels),
                Attributes = Sorted(context.Attributes.ToDictionary(a => a.Key, a => a.Value.ToString())),
            });
        }
        var config = new DeviceConfig { Version = "", Zone = zone.Id, Points = known, Calendar = known.Count > 0 ? calendar : null };
        var (given, leftOut) = (new List<ConfigRule>(), new List<string>());
        var size = DeviceConfigJson.Encode(config).Length;
        foreach (var (stored, _, names) in matchers)
        {
            if (names.Count == 0) continue;
            var rule = new ConfigRule(stored.Id, stored.Version, stored.Yaml);
            var more = DeviceConfigJson.Encode(config with { Points = [], Rules = [rule] }).Length;
            if (size + more > MaxBytes)
            {
                leftOut.Add(stored.Id);
                continue;
            }
            size += more;
            given.Add(rule);
        }
        return Versioned(config with { Rules = given, LeftOut = leftOut });
    }

    /// <summary>The document with the version that its content gives it: 16 hex digits of its SHA-256.</summary>
    private static DeviceConfig Versioned(DeviceConfig config) => config with { Version = Convert.ToHexStringLower(SHA256.HashData(DeviceConfigJson.Encode(config with { Version = "" })).AsSpan(0, 8)) };

    // The order of a dictionary is no content.
    private static SortedDictionary<string, T> Sorted<T>(IReadOnlyDictionary<string, T> from)
    {
        var sorted = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (key, value) in from) sorted[key] = value;
        return sorted;
    }
}
