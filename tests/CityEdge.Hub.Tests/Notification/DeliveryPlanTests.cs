using CityEdge.Contracts;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tests;

/// <summary>Which channels are told of a notice, and when.</summary>
public sealed class DeliveryPlanTests
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    private static long Local(string time) => new DateTimeOffset(DateTime.Parse(time, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();

    private static TicketView Ticket(Severity severity, TicketState state = TicketState.Open) => new()
    {
        Id = "t", No = "1", State = state, Severity = severity, Category = "heating.room", Title = new("冷", "Cold"), Site = "bj-1", Rule = "r", Origin = TicketOrigin.Proactive, Sla = "P3", Public = true,
        RaisedAt = DateTimeOffset.UnixEpoch, ReopenCount = 0, VerifyOverdue = false, AlarmCount = 0, Alarms = [], Due = new Dictionary<string, DateTimeOffset>(), Timeline = [], Version = 1, Commands = [],
    };

    private static IReadOnlyList<Delivery> Plan(NotifyRoute[] routes, Severity severity = Severity.P3, string at = "2026-01-05 12:00", NoticeKind kind = NoticeKind.Opened, params string[] assets) =>
        new DeliveryPlan(new NotifyOptions { Routes = routes }, Zone).Of(new PendingNotice(7, "t", 1, kind, 5, 6, severity), Ticket(severity), assets, Local(at));

    [Fact]
    public void Without_conditions_a_route_takes_every_notice_at_once()
    {
        var one = Assert.Single(Plan([new NotifyRoute { To = ["ops"] }]));
        Assert.Equal(("n7-ops", "t", DeliveryState.Pending, Local("2026-01-05 12:00"), null), (one.Id, one.Ticket, one.State, one.DueMs, one.Gather));
    }

    [Fact]
    public void Notices_of_a_flood_go_into_one_message_a_channel_unless_the_route_gathers_by_itself()
    {
        var plan = new DeliveryPlan(new NotifyOptions { Routes = [new NotifyRoute { To = ["ops"] }, new NotifyRoute { To = ["mail"], Digest = TimeSpan.FromHours(1) }] }, Zone);
        var now = Local("2026-01-05 12:00");
        var two = plan.Of(new PendingNotice(7, "t", 1, NoticeKind.Opened, 5, 6, Severity.P4), Ticket(Severity.P4), [], now, "flood-9");
        Assert.Equal([("flood-9-ops", now), ($"d1-mail-{now + 3_600_000}", now + 3_600_000)], two.Select(d => (d.Gather!, d.DueMs)));
    }

    [Theory]
    [InlineData("severity", false)]
    [InlineData("site", false)]
    [InlineData("category", false)]
    [InlineData("asset", false)]
    [InlineData("asset above", true)]
    [InlineData("event", false)]
    [InlineData("hours", false)]
    [InlineData("days", false)]
    [InlineData("monday", true)]
    public void Each_condition_narrows(string what, bool takes)
    {
        var route = new NotifyRoute { To = ["ops"], Severities = [Severity.P3], Sites = ["bj-*"], Categories = ["heating.*"], Events = [NoticeKind.Opened] };
        route = what switch
        {
            "severity" => route with { Severities = [Severity.P1, Severity.P2] },
            "site" => route with { Sites = ["sh-*"] },
            "category" => route with { Categories = ["water"] },
            "asset" => route with { Assets = ["b2"] },
            "asset above" => route with { Assets = ["b?"] },
            "event" => route with { Events = [NoticeKind.Closed] },
            "hours" => route with { Hours = new DailyHours(13 * 60, 14 * 60) },
            "days" => route with { Days = [DayOfWeek.Sunday] },
            _ => route with { Days = [DayOfWeek.Monday] },
        };
        Assert.Equal(takes ? 1 : 0, Plan([route], assets: ["room-1", "b1"]).Count);
    }

    [Fact]
    public void A_channel_that_several_routes_name_is_told_once_by_the_first()
    {
        var planned = Plan([new NotifyRoute { To = ["a"], Language = "en" }, new NotifyRoute { To = ["a", "b"], Language = "zh" }]);
        Assert.Equal([("a", "en"), ("b", "zh")], planned.Select(d => (d.Channel, d.Language)));
    }

    [Theory]
    [InlineData("2026-01-05 23:30", Severity.P3, "2026-01-06 07:00")]
    [InlineData("2026-01-05 06:59", Severity.P5, "2026-01-05 07:00")]
    [InlineData("2026-01-05 23:30", Severity.P2, null)]
    [InlineData("2026-01-05 07:00", Severity.P3, null)]
    [InlineData("2026-01-05 21:59", Severity.P3, null)]
    public void Quiet_hours_hold_back_what_can_wait_until_they_end(string at, Severity severity, string? due)
    {
        Assert.True(DailyHours.TryParse("22:00-07:00", out var quiet));
        var one = Assert.Single(Plan([new NotifyRoute { To = ["ops"], Quiet = quiet }], severity, at));
        Assert.Equal(Local(due ?? at), one.DueMs);
        Assert.Equal(due is null ? null : $"d0-ops-{Local(due)}", one.Gather);
    }

    [Fact]
    public void A_digest_ends_at_the_same_time_for_all_that_it_gathers()
    {
        NotifyRoute[] routes = [new NotifyRoute { To = ["ops"], Digest = TimeSpan.FromMinutes(30) }];
        var (early, late, next) = (Plan(routes, at: "2026-01-05 12:00").Single(), Plan(routes, at: "2026-01-05 12:29").Single(), Plan(routes, at: "2026-01-05 12:30").Single());
        Assert.Equal((Local("2026-01-05 12:30"), early.Gather), (early.DueMs, late.Gather));
        Assert.Equal(Local("2026-01-05 13:00"), next.DueMs);
    }

    [Fact]
    public void Reminders_follow_each_other_and_the_last_wait_repeats()
    {
        var first = Plan([new NotifyRoute { To = ["ops"], Repeat = [TimeSpan.FromMinutes(30), TimeSpan.FromHours(4)] }]).Single();
        var one = DeliveryPlan.Next(first, 1000)!;
        var two = DeliveryPlan.Next(one, 2000)!;
        var three = DeliveryPlan.Next(two, 3000)!;
        Assert.Equal([("n7-ops-r1", 1000 + 1_800_000), ("n7-ops-r2", 2000 + 14_400_000), ("n7-ops-r3", 3000 + 14_400_000)], new[] { one, two, three }.Select(d => (d.Id, d.DueMs)));
        Assert.Null(DeliveryPlan.Next(Plan([new NotifyRoute { To = ["ops"], Repeat = [TimeSpan.FromMinutes(30)] }], kind: NoticeKind.Closed).Single(), 0));
    }

    [Theory]
    [InlineData(TicketState.Open, true)]
    [InlineData(TicketState.Reopened, true)]
    [InlineData(TicketState.Accepted, false)]
    [InlineData(TicketState.Closed, false)]
    [InlineData(TicketState.Cancelled, false)]
    public void Only_a_ticket_that_nobody_has_taken_is_reminded_of(TicketState state, bool needs) => Assert.Equal(needs, DeliveryPlan.NeedsReminder(Ticket(Severity.P1, state)));

    [Theory]
    [InlineData("8:00-20:00")]
    [InlineData("08:00")]
    [InlineData("08:00-08:00")]
    [InlineData("24:00-08:00")]
    [InlineData("08:00-25:00")]
    [InlineData("08:00-20:00-21:00")]
    [InlineData("")]
    public void What_is_no_hours_is_refused(string text) => Assert.False(DailyHours.TryParse(text, out _));
}
