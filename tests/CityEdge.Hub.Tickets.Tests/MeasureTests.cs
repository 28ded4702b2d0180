using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using CityEdge.Hub.Tickets.Measures;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>The measures of domain §7: the worked oracle of §7.9 to the digit, the interval, the curve, and that they come from the logs.</summary>
public sealed class MeasureTests
{
    private const long Hour = 3_600_000;

    private static long Clock(double hour) => Scene.T0 + (long)(hour * Hour);

    private static IncidentFacts Incident(TicketState state, TicketOrigin origin = TicketOrigin.Proactive, double? opened = 8, double? complaint = null, double? closed = null, double? sensed = null, int alarms = 1, Severity severity = Severity.P3, int reopened = 0) => new(
        new TicketRecord
        {
            Opening = new TicketOpening("t", "1", "k", "bj-01", null, "r", "a/b/c", "heating.room", new("冷", "Cold"), null, "P3", true, origin, severity, Clock(opened ?? 8), Clock(8), null),
            State = state, StateAtMs = Clock(closed ?? 8), Severity = severity, Peak = severity, Version = 1, OpenedAtMs = opened is { } o ? Clock(o) : null, FirstComplaintAtMs = complaint is { } c ? Clock(c) : null,
            FixedAtMs = state == TicketState.Closed ? Clock(closed!.Value) : null, ClosedAtMs = closed is { } end ? Clock(end) : null, AlarmCount = alarms, ReopenCount = reopened,
        },
        sensed is { } s ? Clock(s) : null);

    /// <summary>I1 to I7 of §7.9; I8 is not over and appears only among the open ones.</summary>
    private static readonly IncidentFacts[] Oracle =
    [
        Incident(TicketState.Closed, closed: 10),
        Incident(TicketState.Closed, complaint: 9, closed: 11),
        Incident(TicketState.Closed, complaint: 12, closed: 11),
        Incident(TicketState.Closed, TicketOrigin.Complaint, opened: 7.5, complaint: 7.5, closed: 12, sensed: 8),
        Incident(TicketState.Closed, TicketOrigin.Complaint, opened: 9, complaint: 9, closed: 15, alarms: 0),
        Incident(TicketState.FalseAlarm, closed: 9),
        Incident(TicketState.SelfCleared, closed: 8 + 40 / 60.0),
    ];

    [Fact]
    public void The_worked_oracle_gives_exactly_its_answers()
    {
        var sheet = MeasureSheet.Of(Oracle, Clock(18));
        Assert.Equal((7, 5), (sheet.Incidents, sheet.Valid));
        Assert.Equal(new Proportion(3, 5), sheet.KnownFirst);
        Assert.Equal(new Proportion(2, 5), sheet.HandledFirst);
        Assert.Equal(new Proportion(1, 4), sheet.FalseTicket);
        Assert.Equal(new Proportion(2, 5), sheet.Nuisance);
        Assert.Equal([null, 60.0, 240.0, -30.0, null], Oracle[..5].Select(i => i.LeadSeconds / 60));
        Assert.Equal((3, 1, 1), (sheet.Lead.N, sheet.Lead.Censored, sheet.Lead.ComplaintFirst));
        // At risk 4: one complaint at 0 (3/4), one at 60 min (2/3 of it = 1/2).
        Assert.Equal((3600.0, 3600.0), (sheet.Lead.P50, sheet.Lead.P50Optimistic));
        Assert.Equal(3600.0, sheet.Lead.SeenP50);
        Assert.Equal(2.0 * 2 / (5 * 2), sheet.WeightedHandledFirst);
    }

    [Fact]
    public void More_trivial_tickets_do_not_raise_the_weighted_headline()
    {
        IncidentFacts[] serious = [Incident(TicketState.Closed, complaint: 9, closed: 11, severity: Severity.P1), Incident(TicketState.Closed, closed: 11, severity: Severity.P1)];
        var trivial = Enumerable.Repeat(Incident(TicketState.Closed, closed: 9, severity: Severity.P5), 98);
        var sheet = MeasureSheet.Of([.. serious, .. trivial], Clock(18));
        Assert.Equal((new Proportion(99, 100), 0.5), (sheet.HandledFirst, sheet.WeightedHandledFirst));
    }

    [Theory]
    [InlineData(0, 10, 0.0, 0.2775)]
    [InlineData(10, 10, 0.7225, 1.0)]
    [InlineData(15, 30, 0.3315, 0.6685)]
    [InlineData(81, 263, 0.2553, 0.3662)]
    public void The_interval_is_wilsons(int n, int of, double low, double high)
    {
        var share = new Proportion(n, of);
        Assert.Equal((low, high, of < 30), (Math.Round(share.Low!.Value, 4), Math.Round(share.High!.Value, 4), share.Small));
        Assert.InRange(share.Rate!.Value, share.Low.Value, share.High.Value);
    }

    [Fact]
    public void Nothing_to_divide_by_is_no_rate()
    {
        var sheet = MeasureSheet.Of([], Clock(18));
        Assert.Equal((0, (double?)null, null, null, true), (sheet.HandledFirst.Of, sheet.HandledFirst.Rate, sheet.HandledFirst.Low, sheet.HandledFirst.High, sheet.HandledFirst.Small));
        Assert.Equal((null, null, 0), (sheet.Lead.P50, sheet.Repair.Mean, sheet.LargestGroup));
    }

    [Fact]
    public void The_median_of_the_curve_counts_those_that_are_censored_as_at_risk_until_then()
    {
        // Freireich's 6-MP arm (Kaplan-Meier's textbook data, weeks): median 23.
        double[] relapsed = [6, 6, 6, 7, 10, 13, 16, 22, 23];
        double[] censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
        Assert.Equal(23.0, LeadTimes.Median(relapsed, censored));
        Assert.Equal(8.0, LeadTimes.Median([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], []));
        // One of three at risk: the curve stays at two thirds. Of two it comes down to the half.
        Assert.Null(LeadTimes.Median([5], [1, 6, 7]));
        Assert.Equal(5.0, LeadTimes.Median([5], [1, 6]));
        Assert.Null(LeadTimes.Median([], [1, 2]));
    }

    [Fact]
    public async Task The_measures_come_from_the_logs_of_what_ended_in_the_period()
    {
        await using var scene = new Scene();
        var first = await scene.Open();
        await scene.Do(first, "accept", 10);
        await scene.Do(first, "fixed", 60);
        await scene.Apply(scene.Input(1, AlarmChange.Cleared, 61, raised: 0), scene.Input(1, AlarmChange.VerifyBegan, 61, raised: 0));
        await scene.Fire(200);
        Assert.Equal(TicketState.Closed, scene.Ticket(first).State);
        await scene.Apply(scene.Input(2, AlarmChange.Raised, 300, point: Scene.Riser, incident: "other"));
        await scene.Fire(305, Scene.Riser);
        await scene.Apply(scene.Input(2, AlarmChange.Cleared, 310, raised: 300, point: Scene.Riser, incident: "other"));
        await scene.Fire(400, Scene.Riser);
        await scene.Apply(scene.Input(3, AlarmChange.Raised, 500, point: Scene.Riser, incident: "open"));
        await scene.Fire(505, Scene.Riser);
        var all = scene.Store.Ended(Scene.At(0), Scene.At(10_000));
        Assert.Equal([(first, true), (scene.Store.List(new TicketQuery { States = [TicketState.SelfCleared] }).Items[0].Id, false)], all.Select(i => (i.Ticket.Opening.Id, i.Valid)));
        Assert.Equal(scene.Store.Record(first), all[0].Ticket);
        Assert.Equal(1, scene.Store.OpenTickets(null));
        Assert.Equal(0, scene.Store.OpenTickets("elsewhere"));
        var sheet = MeasureSheet.Of(all, Scene.At(10_000));
        Assert.Equal((300.0, 300.0), (sheet.Detect.P50, sheet.Accept.Mean));
        var end = all[0].Ticket.ClosedAtMs!.Value;
        Assert.Equal((end - Scene.At(5)) / 1000.0, sheet.Repair.Mean);
        Assert.Single(scene.Store.Ended(end, end + 1));
        Assert.Empty(scene.Store.Ended(end - 1, end));
    }
}
