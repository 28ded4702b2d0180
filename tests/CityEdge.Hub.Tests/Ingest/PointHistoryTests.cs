using CityEdge.Contracts;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Tests.Ingest;

public class PointHistoryTests
{
    private static readonly PointId Id = new("s", "d", "p");
    private readonly PointHistory history = new();

    [Fact]
    public void A_record_meets_the_point_as_it_was_at_its_place()
    {
        history.Add(Id, new PastPoint(100, PointKind.Temperature, "Cel", null));
        history.Add(Id, new PastPoint(200, PointKind.Value, null, "K"));
        Assert.Equal(PointKind.Temperature, history.Before(Id, 0)?.Kind);
        Assert.Equal(PointKind.Temperature, history.Before(Id, 99)?.Kind);
        Assert.Equal(("K", PointKind.Value), (history.Before(Id, 100)?.SourceUnit, history.Before(Id, 199)!.Kind));
        Assert.Null(history.Before(Id, 200));
        Assert.Null(history.Before(Id, long.MaxValue));
        Assert.Null(history.Before(Id with { Name = "q" }, 0));
    }

    [Fact]
    public void Folding_again_changes_nothing_and_what_the_journal_freed_is_forgotten()
    {
        history.Add(Id, new PastPoint(100, PointKind.Temperature, "Cel", null));
        history.Add(Id, new PastPoint(200, PointKind.Value, null, null));
        history.Add(Id, new PastPoint(100, PointKind.Power, "W", null));
        Assert.Equal(2, history.Count);
        history.Trim(100);
        Assert.Equal(PointKind.Value, history.Before(Id, 50)?.Kind);
        history.Trim(200);
        Assert.Equal(0, history.Count);
    }

    [Fact]
    public void A_point_that_changes_for_ever_keeps_a_bounded_history()
    {
        for (var i = 1; i <= 1000; i++) history.Add(Id, new PastPoint(i, (PointKind)(i % 2), null, null));
        Assert.Equal(PointHistory.MaxPerPoint, history.Count);
        Assert.Equal((PointKind)(1000 % 2), history.Before(Id, 999)?.Kind);
    }
}
