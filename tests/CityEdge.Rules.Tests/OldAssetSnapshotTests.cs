using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>Snapshots that earlier commits wrote with alarms of assets (format 5) and texts of points (format 6): five readings, holds that run.</summary>
public class OldAssetSnapshotTests
{
    private const string Format5 = 
        "G0YDAI7DdGsna4jpFDWoeIoHnmP5L0rsQKKoUu/AamveG6WOh5V2YCuaR+u0wAZhu9/doIiaWKPO8xINIwg4gjCSAJu6yV20bFJiMUZrgjxoGMjPBiUcbw2nQMRhOjdPksY0IByNbDrtQE4bldtR9LUIuP/eS5i7QcSxsjiXYv" +
        "EIZnbcy99LHPJ5Bdy1504Ha1eLAYhgspzK5kKYnVsNQ4kAOzGLQHD0+k/QyDZuUwRDQXBoNYzb/oOOBYouWM5ga3z687gcXvAwGodfgi08sMBwJxK8mBCSCBPCGyuhULCn/MuTri3PbKu0hFHhey6jGP7IkUe1l8rt6K99g7/s" +
        "tcSUBfFbCvLw/cIKUJnhQEADbAKwdRjetlbqL++2p8kwfvUF";

    private const string Format6 = 
        "G0kEYK4KbHBPzYGm7CkRg+SxrHwrqQ+xuRnxQOw3H2KlkWBmWbSO0CYi+dflXRdPC820EvLcGh1gEhiNYHaH2BZIFFFbCgE/gH4T3IGGSwG+7d7x+jvm81xTr1oLCOtf1PPD6XA0y8LxAS9BKn1mwylMp27tdujnwwNS4STRng" +
        "WyZ6iccaJvi8PFyztcdRGk0GRReai3IJN62fGG/lwSc0P95druQu+St7+dRJafw1FL/3quvSGIoWekvKo6gr7+hWj0QtFVJpVQOh+spmc/8F8ApNLxwxS0yCEI3RnKQyGNcYYGBhSALZUSM/w4vn1z49egsarRYTYFC0TI2igO" +
        "O/L3skBd426pezFwZ7K6NVtDb1y+FgWt0RItlLfF1rQgDylANu12dXkk3E5F4dYKrV/Z2M7VODr/SJLGCz1XXm12XvQdvDdUfWpXwrihToJsOEH+H/bz2a88+310nc/OYg4=";

    private static readonly PointId Door = new("bj-01", "dev", "door");

    private static readonly string[] Grouped =
    [
        Yaml("raise: [ { severity: P3, when: \"value < 18\", for: 2h }, { severity: P4, when: \"mean(30m) < 19\" } ]"),
        Yaml("raise: [ { severity: P2, when: \"count(asset, value < 18) >= 1\", for: 1h } ]\nmax_gap: 30m", "together"),
    ];

    private static readonly string[] WithTexts = [.. Grouped, Yaml("raise: [ { severity: P3, when: \"value == 'open'\", for: 1h } ]\nmax_gap: 1h", "door-open", "text")];

    [Theory]
    [InlineData(Format5, false)]
    [InlineData(Format6, true)]
    public void An_earlier_format_goes_on_where_it_was(string written, bool texts)
    {
        var yamls = texts ? WithTexts : Grouped;
        var straight = new RuleBench(yamls).Point();
        if (texts) straight.Engine.SetPoint(Context(Door, PointKind.Text), Start, straight.Output);
        straight.Read(0, 21).Read(10, 20).Read(20, 17).Read(30, 17.5);
        if (texts) Tell(straight, 35);
        straight.Read(40, 16.25).News();
        var load = RuleEngine.Load(OldSnapshotTests.Unpacked(written), new RuleEngineOptions(), yamls.Select(Rule), texts ? [Context(), Context(Door, PointKind.Text)] : [Context()]);
        Assert.Equal((null, 0), (load.Error, load.Transitions.Count));
        PointId[] points = texts ? [Room, AssetPoints.OfAsset("bj-01", "room-1"), Door] : [Room, AssetPoints.OfAsset("bj-01", "room-1")];
        foreach (var id in points) OldSnapshotTests.AssertSame(straight.Engine, load.Engine!, id);
        var news = GoOn(straight, texts);
        Assert.Contains("Raised P2 at 80", news, StringComparison.Ordinal);
        Assert.Equal(texts, news.Contains("Raised P3 at 95", StringComparison.Ordinal));
        Assert.Equal(news, GoOn(new RuleBench { Engine = load.Engine! }, texts));
    }

    private static string GoOn(RuleBench bench, bool texts)
    {
        bench.ReadEvery(50, 70, 10, 16);
        if (texts) Tell(bench, 75);
        return bench.ReadEvery(80, 130, 10, 16).Advance(200).Read(210, 24).Read(220, 24).Read(240, 24).News();
    }

    private static void Tell(RuleBench bench, double at) => bench.Engine.Apply(new Reading(Door, Ms(at), ReadingValue.FromText("open"), null), Ms(at), bench.Output);
}
