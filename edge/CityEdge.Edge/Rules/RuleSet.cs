using CityEdge.Contracts;
using CityEdge.Rules;

namespace CityEdge.Edge;

/// <summary>A desired configuration made ready to run: its rules that an agent can run, and its points.</summary>
internal sealed class RuleSet : IPointCatalog
{
    private readonly Dictionary<string, ConfigPoint> points;

    public RuleSet(DeviceConfig config, string site, string device)
    {
        Config = config;
        points = config.Points.DistinctBy(p => p.Name).ToDictionary(p => p.Name, StringComparer.Ordinal);
        var reports = new List<ConfigRuleReport>();
        var rules = new List<RuleDefinition>();
        foreach (var given in config.Rules)
        {
            var parsed = RuleParser.Parse(given.Yaml, given.Id);
            var error = parsed.Errors.Count > 0 ? string.Join("; ", parsed.Errors)
                : parsed.Rule!.Id != given.Id ? $"its text has the id '{parsed.Rule.Id}'"
                : parsed.Rule.At != RulePlacement.Edge ? "it is not at: edge"
                : EdgeLimits.Check(parsed.Rule, given.Id)?.ToString();
            if (error is null) rules.Add(parsed.Rule! with { Version = given.Version });
            reports.Add(new ConfigRuleReport(given.Id, given.Version, error is null ? "running" : "refused", error));
        }
        (Rules, Reports) = (rules, reports);
        var zone = TimeZoneInfo.TryFindSystemTimeZoneById(config.Zone, out var found) ? found : null;
        IReadOnlyList<RuleError> mistakes = [];
        if (config.Calendar is { } text) Calendar = CalendarFile.Parse(text, "calendar", out mistakes);
        // Hours and seasons of another zone or calendar than the hub's would be another rule.
        if (zone is null || mistakes.Count > 0)
        {
            var why = zone is null ? $"this machine does not know the time zone '{config.Zone}'; install its zone data" : $"the hub's calendar is not understood: {string.Join("; ", mistakes)}";
            (Rules, Reports) = ([], [.. reports.Select(r => r with { State = "refused", Error = r.Error ?? why })]);
            zone ??= TimeZoneInfo.Utc;
        }
        Contexts = [.. points.Values.Select(p => new PointContext(new PointId(site, device, p.Name), Kind(p), p.Asset, p.Labels, p.Attributes.ToDictionary(a => a.Key, a => AttributeValue.Parse(a.Value)), zone) { Position = p is { Lat: { } lat, Long: { } longitude } ? new GeoPosition(lat, longitude) : null })];
    }

    public DeviceConfig Config { get; }

    public SeasonCalendar Calendar { get; } = SeasonCalendar.Default;

    public IReadOnlyList<RuleDefinition> Rules { get; }

    public IReadOnlyList<ConfigRuleReport> Reports { get; }

    public IReadOnlyList<PointContext> Contexts { get; }

    /// <summary>There is something to run.</summary>
    public bool Runs => Rules.Count > 0 && Contexts.Count > 0;

    public RuleDefinition? Find(string id) => Rules.FirstOrDefault(r => r.Id == id);

    /// <inheritdoc />
    public bool TryGet(PointId point, out PointKind kind, out string? unit, out ReadingType type)
    {
        (kind, unit, type) = (PointKind.Value, null, ReadingType.None);
        if (!points.TryGetValue(point.Name, out var known)) return false;
        (kind, unit) = (Kind(known), known.Unit);
        return true;
    }

    private static PointKind Kind(ConfigPoint point) => PointKinds.TryParse(point.Kind, out var kind) ? kind : PointKind.Value;
}
