using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>The points of a rule's test: its own, in a tree as high as the rule looks, and those that its expressions name.</summary>
internal sealed class TestPoints
{
    private const string Site = "test";
    private readonly bool isGroup;
    private readonly Dictionary<string, PointContext> others = new(StringComparer.Ordinal);

    public TestPoints(RuleDefinition rule, IReadOnlyDictionary<string, AttributeValue> attributes, TimeZoneInfo zone)
    {
        isGroup = rule.Level is not null;
        // A rule over buildings looks up from the building, so one level more of the tree lies below.
        var below = rule.Level is null or "asset" ? 0 : 1;
        var height = rule.References.Select(reference => reference.Up).Append(0).Max() + below;
        AssetLevel[] path = [.. Enumerable.Range(0, height + 1).Select(up => new AssetLevel($"asset-{up}", up == below && below > 0 ? rule.Level! : $"level-{up}", up == below ? attributes : null))];
        Own = new PointContext(new PointId(Site, Site, Site), rule.Signal ?? PointKind.Value, path[0].Id, new Dictionary<string, string> { [Site] = Site }, attributes, zone) { Path = path };
        foreach (var reference in rule.References)
        {
            // A device of its own for each, since points of several assets may have one name.
            var up = reference.Up + (reference.OfMember ? 0 : below);
            var id = new PointId(Site, $"up-{up}", reference.Name);
            others[reference.Path] = new PointContext(id, reference.Kind ?? PointKind.Value, path[up].Id, new Dictionary<string, string>(), new Dictionary<string, double>(), zone) { Path = path[up..] };
        }
    }

    /// <summary>What the rule runs on in a test instead of its own labels: which points those are is not the test's subject, and those that it only looks at are none of them.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Where { get; } = new Dictionary<string, IReadOnlyList<string>> { [Site] = [Site] };

    public PointContext Own { get; }

    /// <summary>The rule's own point, and the others of which there are readings.</summary>
    public IEnumerable<PointContext> All(IEnumerable<TestReadings> given)
    {
        foreach (var name in given.Select(stretch => stretch.Point).OfType<string>().Distinct())
        {
            // Not looked at by its path: one more point of the asset.
            if (!others.ContainsKey(name)) others[name] = Own with { Id = new PointId(Site, "member", name) };
        }
        return given.Select(stretch => stretch.Point).OfType<string>().Distinct().Select(path => others[path]).Prepend(Own);
    }

    public PointId IdOf(string? path) => path is null ? Own.Id : others[path].Id;

    /// <summary>True for the point whose alarms the test is about.</summary>
    public bool Reports(PointId point) => isGroup ? AssetPoints.Stands(point) : point == Own.Id;
}
