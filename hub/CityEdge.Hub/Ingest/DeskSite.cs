using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Rules;

namespace CityEdge.Hub.Ingest;

/// <summary>What the alarm desk asks: rules in force, the asset tree, and the event clocks of the engine.</summary>
public sealed class DeskSite(HubRegistry registry, RuleEngine engine, IReadOnlyDictionary<string, RuleDefinition> rules) : IDeskSite
{
    /// <inheritdoc />
    public RuleDefinition? RuleOf(string id) => rules.GetValueOrDefault(id);

    /// <inheritdoc />
    public IReadOnlyList<string> PathOf(PointId point)
    {
        // The alarm of an asset comes from a point that only stands for it.
        if (AssetPoints.Stands(point)) return [.. registry.PathOf(point.Name).Select(asset => asset.Id)];
        return [.. registry.PathOf(EventSubjects.Entry(point, registry)).Select(asset => asset.Id)];
    }

    /// <inheritdoc />
    public long EventNow(PointId point, long wallMs) => engine.EventNow(point, wallMs);

    /// <inheritdoc />
    public long WallOf(PointId point, long eventMs) => engine.WallTimeOf(point, eventMs) ?? eventMs;
}
