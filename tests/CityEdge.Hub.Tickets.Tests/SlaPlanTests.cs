using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Tests;

public sealed class SlaPlanTests
{
    private static readonly SlaPlan Plan = new(SlaBook.Default, OperatingMode.Normal, dispatching: false);

    private static TicketRecord Ticket(Severity severity = Severity.P3) => TicketTableTests.In(TicketState.Open) with { Opening = TicketTableTests.In(TicketState.Open).Opening with { Severity = severity, Sla = severity.ToString() } };

    private static (int, double, bool)[] Marks(TicketClock clock) => [.. clock.Marks.Select(m => (m.Percent, (m.AtMs - Scene.T0) / (double)Scene.Minute, m.StepUp))];

    [Fact]
    public void The_defaults_are_the_domains_and_say_where_each_figure_comes_from()
    {
        (string, int?[])[] expected = [("P1", [5, 30, 120, 1440]), ("P2", [15, 120, null, 1440]), ("P3", [120, 1440, null, 2880]), ("P4", [480, null, null, 10_080]), ("P5", [null, null, null, 21_600]), ("nanchang-1-3-5", [1, 3, null, 5])];
        foreach (var (name, minutes) in expected) Assert.Equal(minutes, SlaBook.Default.Sets[name] is var s ? [s.Accept?.Minutes, s.OnSite?.Minutes, s.Safe?.Minutes, s.Fix?.Minutes] : []);
        Assert.Equal(5, SlaBook.Default.Sets["arrive-5min"].OnSite!.Minutes);
        Assert.Empty(SlaBook.Default.Problems());
        Assert.All(SlaBook.Default.Sets.Values.SelectMany(s => s.Parts()).Where(p => p.Time is not null), p => Assert.NotEmpty(p.Time!.Source));
    }

    [Fact]
    public void A_clock_reminds_at_50_and_80_percent_ends_and_goes_up_every_two_days()
    {
        var clocks = Plan.Start(ClockMoment.Opened, Ticket(), "P3", Scene.T0);
        Assert.Equal(["accept", "on_site", "fix"], clocks.Select(c => c.Name));
        Assert.Equal([(50, 60, false), (80, 96, false), (100, 120, false), (200, 240, true)], Marks(clocks[0]));
        Assert.Equal([(50, 720, false), (80, 1152, false), (100, 1440, true)], Marks(clocks[1]));
        Assert.Equal([(50, 1440, false), (80, 2304, false), (100, 2880, true), (200, 5760, true), (300, 8640, true)], Marks(clocks[2]));
    }

    [Fact]
    public void Two_days_without_a_fix_lift_it_from_community_to_street_to_district_to_city_exactly_once_each()
    {
        var walk = Walk.In(TicketState.InProgress, t => t with { Clocks = [.. Plan.Start(ClockMoment.Opened, Ticket(), "P3", Scene.T0).Where(c => c.Name == "fix")] });
        foreach (var (minute, level) in new[] { (2879.99, EscalationLevel.Community), (2880, EscalationLevel.Street), (5759.99, EscalationLevel.Street), (5760, EscalationLevel.District), (8640, EscalationLevel.City), (90_000, EscalationLevel.City) })
        {
            Assert.Equal(level, walk.Until(minute).Until(minute).Ticket.Level);
        }
        Assert.Equal(3, walk.Notices.Count(n => n == NoticeKind.Escalated));
    }

    [Fact]
    public void Units_that_are_found_by_a_catalogue_have_their_accept_clock_from_the_dispatch_and_half_of_it_when_it_comes_back()
    {
        var plan = new SlaPlan(SlaBook.Default, OperatingMode.Normal, dispatching: true);
        Assert.DoesNotContain("accept", plan.Start(ClockMoment.Opened, Ticket(), "P3", Scene.T0).Select(c => c.Name));
        Assert.Equal(Scene.At(120), plan.Start(ClockMoment.Dispatched, Ticket(), "P3", Scene.T0).Single().DueMs());
        Assert.Equal(Scene.At(60), plan.Start(ClockMoment.Dispatched, Ticket() with { ReopenCount = 1 }, "P3", Scene.T0).Single().DueMs());
        Assert.Equal(Scene.At(1440), plan.Start(ClockMoment.Reopened, Ticket(), "P3", Scene.T0).Single(c => c.Name == "fix").DueMs());
        // Another set than the rule's counts from the opening.
        var other = plan.Start(ClockMoment.Dispatched, Ticket() with { OpenedAtMs = Scene.At(-1) }, "nanchang-1-3-5", Scene.T0);
        Assert.Equal([("on_site", 2.0), ("fix", 4.0), ("accept", 1.0)], other.Select(c => (c.Name, (c.DueMs() - Scene.T0) / (double)Scene.Minute)));
    }

    [Fact]
    public void An_unknown_set_is_that_of_the_severity() => Assert.Equal(Scene.At(1440), Plan.Start(ClockMoment.Opened, Ticket(Severity.P1), "none", Scene.T0).Single(c => c.Name == "fix").DueMs());

    [Fact]
    public void Emergency_shortens_open_clocks_forward_only_and_keeps_what_was_promised()
    {
        var emergency = new SlaPlan(SlaBook.Default, OperatingMode.Emergency, dispatching: false);
        var ticket = Ticket() with { Clocks = [.. Plan.Start(ClockMoment.Opened, Ticket(), "P3", Scene.T0).Select(c => c.Name == "accept" ? c with { StoppedMs = Scene.At(3) } : c with { Fired = 1 })] };
        var clocks = emergency.Start(ClockMoment.Mode, ticket, "P3", Scene.At(1000));
        Assert.Equal(["on_site", "fix"], clocks.Select(c => c.Name));
        // P2 promises 2 h on site and 24 h to fix; both count from the start, but nothing falls due before now.
        Assert.Equal([(100, 1000, true)], Marks(clocks[0]));
        Assert.Equal((80, 1152), (clocks[1].Marks[0].Percent, (clocks[1].Marks[0].AtMs - Scene.T0) / Scene.Minute));
        Assert.Equal((Scene.At(1440), Scene.At(2880)), (clocks[1].DueMs(), clocks[1].PromisedMs));
    }

    [Fact]
    public void An_extension_moves_the_end_and_the_steps_after_it()
    {
        var clock = Plan.Start(ClockMoment.Opened, Ticket(), "P3", Scene.T0)[2] with { Fired = 2 };
        Assert.Equal([(50, 1440, false), (80, 2304, false), (100, 4320, true), (166, 7200, true), (233, 10080, true)], Marks(Plan.Extend(clock, Scene.At(4320))!));
    }

    [Fact]
    public void What_cannot_be_is_told_by_its_key()
    {
        var book = SlaBook.Default with { Sets = new Dictionary<string, SlaSet>(SlaBook.Default.Sets) { ["P3"] = new(new(0, ""), Emergency: "P9") }, RemindAtPercent = [80, 50] };
        Assert.Equal(["sets.P3.emergency", "sets.P3.accept.minutes", "sets.P3.accept.source", "remind_at_percent"], book.Problems().Select(p => p.Key));
    }
}
