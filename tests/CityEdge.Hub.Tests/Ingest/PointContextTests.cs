using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Rules;

namespace CityEdge.Hub.Tests;

/// <summary>What the hub tells the rule engine of a point: the assets above it, and what it inherits from them.</summary>
public sealed class PointContextTests
{
    private static readonly PointId Id = new("bj-01", "dev", "room");

    private static Asset Asset(string id, string kind, string? parent, params (string Name, AttributeValue Value)[] attributes) =>
        new(id, kind, id, parent, null, null, new Dictionary<string, string> { ["of"] = id }, attributes.ToDictionary(a => a.Name, a => a.Value));

    private static PointEntry Point(string? asset, params (string Key, string Value)[] labels) =>
        new(Id, PointKind.Temperature, "Cel", ReadingType.Number) { Asset = asset, Labels = labels.ToDictionary(l => l.Key, l => l.Value) };

    private static HubRegistry Tree()
    {
        var registry = new HubRegistry();
        registry.Put(Asset("bj-01", "site", null, ("a", 5), ("b", 5), ("c", 5), ("d", 5)));
        registry.Put(Asset("house", "building", null, ("a", 4), ("b", 4), ("c", 4)));
        registry.Put(Asset("flat", "unit", "house"));
        registry.Put(Asset("room-1", "room", "flat", ("a", 3), ("b", 3)));
        return registry;
    }

    private static PointContext Context(PointEntry point) => TicketRouting.Context(point, Tree(), TimeZoneInfo.Utc);

    [Fact]
    public void Attributes_come_from_the_point_then_its_asset_then_those_above_then_the_site()
    {
        var context = Context(Point("room-1", ("a", "2"), ("floor", "third")));
        Assert.Equal((2, 3, 4, 5), (context.Attributes["a"].Number, context.Attributes["b"].Number, context.Attributes["c"].Number, context.Attributes["d"].Number));
        Assert.Equal("third", context.Attributes["floor"].Text);
        Assert.Equal("room-1", context.Labels["of"]);
    }

    [Fact]
    public void A_text_of_the_point_stands_before_a_number_of_its_asset()
    {
        var context = Context(Point("room-1", ("a", "none"), ("code", "0012")));
        Assert.Equal(("none", double.NaN, "0012"), (context.Attributes["a"].Text, context.Attributes["a"].Number, context.Attributes["code"].Text));
    }

    [Fact]
    public void A_point_is_where_its_nearest_asset_with_a_position_is()
    {
        var registry = Tree();
        Assert.Null(TicketRouting.Context(Point("room-1"), registry, TimeZoneInfo.Utc).Position);
        registry.Put(Asset("bj-01", "site", null) with { Lat = 39.9, Long = 116.4 });
        registry.Put(Asset("house", "building", null) with { Lat = 40.1, Long = 116.2 });
        registry.Put(Asset("flat", "unit", "house") with { Lat = 41 });
        Assert.Equal(new GeoPosition(40.1, 116.2), TicketRouting.Context(Point("room-1"), registry, TimeZoneInfo.Utc).Position);
        Assert.Equal(new GeoPosition(39.9, 116.4), TicketRouting.Context(Point(null), registry, TimeZoneInfo.Utc).Position);
    }

    [Fact]
    public void The_path_runs_from_the_asset_to_the_root_and_ends_with_the_site()
    {
        var context = Context(Point("room-1"));
        Assert.Equal("room room-1, unit flat, building house, site bj-01", string.Join(", ", context.Path.Select(l => $"{l.Kind} {l.Id}")));
        Assert.Equal(("house", "bj-01", null), (context.Ancestor("building"), context.Ancestor("site"), context.Ancestor("street")));
        Assert.Equal("site bj-01", string.Join(", ", Context(Point(null)).Path.Select(l => $"{l.Kind} {l.Id}")));
    }

    [Fact]
    public void A_site_that_is_an_ancestor_stands_there_once()
    {
        var registry = Tree();
        registry.Put(Asset("house", "building", "bj-01"));
        Assert.Equal(["room-1", "flat", "house", "bj-01"], registry.PathOf(Point("room-1")).Select(a => a.Id));
    }
}
