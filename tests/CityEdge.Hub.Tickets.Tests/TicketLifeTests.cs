using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using static CityEdge.Contracts.AlarmChange;

namespace CityEdge.Hub.Tickets.Tests;

public sealed class TicketLifeTests
{
    [Fact]
    public async Task A_fault_becomes_one_ticket_and_closes_when_the_sensor_agrees()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, Raised, 0));
        var candidate = scene.Only();
        Assert.Equal(TicketState.Candidate, candidate.State);
        Assert.Empty(scene.Store.List(new TicketQuery()).Items);
        Assert.Equal(Scene.At(5), scene.Store.EarliestDue(Scene.Boiler));
        Assert.Equal(new Dictionary<string, DateTimeOffset> { ["wait"] = Time(5) }, candidate.Due);
        Assert.Matches("^t-[a-z2-7]{20}$", candidate.Id);
        Assert.Equal("20251115-bj-01-0001", candidate.No);

        await scene.Fire(4.99);
        Assert.Equal(TicketState.Candidate, scene.Only().State);
        await scene.Fire(5.5);
        var open = Assert.Single(scene.Store.List(new TicketQuery()).Items);
        Assert.Equal((TicketState.Open, Time(0), Time(5)), (open.State, open.RaisedAt, open.OpenedAt!.Value));
        Assert.Null(scene.Store.EarliestDue(Scene.Boiler));
        var opened = open.Timeline.Single(e => e.Type == TicketEventType.Opened);
        Assert.Equal(Time(5), opened.At);
        Assert.Equal(scene.Time.GetUtcNow(), opened.RecordedAt);

        Assert.Equal(CommandOutcome.Done, (await scene.Do(open.Id, "accept", 10)).Outcome);
        var pending = (await scene.Do(open.Id, "fixed", 60)).Ticket!;
        Assert.Equal(TicketState.PendingVerify, pending.State);
        Assert.Equal([TicketState.Dispatched, TicketState.EnRoute, TicketState.OnSite, TicketState.InProgress], pending.Timeline.Where(e => e.Type == TicketEventType.Skipped).Select(e => e.Step!.Value));
        Assert.Equal(["verify_limit"], pending.Due.Keys);

        await scene.Apply(scene.Input(1, Cleared, 70, raised: 0, reason: AlarmReason.ConditionCleared));
        await scene.Apply(scene.Input(1, VerifyBegan, 80, raised: 0));
        Assert.Equal(Scene.At(110), scene.Store.EarliestDue(Scene.Boiler));
        await scene.Apply(scene.Input(1, VerifyBroken, 90, raised: 0));
        Assert.Equal(Scene.At(60 + (24 * 60)), scene.Store.EarliestDue(Scene.Boiler));
        await scene.Apply(scene.Input(1, VerifyBegan, 100, raised: 0));
        await scene.Fire(129);
        Assert.Equal(TicketState.PendingVerify, scene.Only().State);
        await scene.Fire(135);
        var closed = scene.Only();
        Assert.Equal((TicketState.Closed, TicketOutcome.Fixed, "sensor", Time(130)), (closed.State, closed.Outcome, closed.VerifiedBy, closed.ClosedAt!.Value));
        Assert.Empty(closed.Due);
        Assert.Empty(scene.Store.AnchoredDeadlines);
        Assert.Equal([NoticeKind.Opened, NoticeKind.Closed], scene.Store.UnsentNotices(10).Select(n => n.Kind));
        Assert.Null(scene.Store.Audit(closed.Id));
        var alarm = scene.Store.Alarm(Scene.AlarmId(1))!;
        Assert.Equal((AlarmState.Cleared, Time(70), closed.Id), (alarm.State, alarm.ClearedAt!.Value, alarm.Ticket));
    }

    [Fact]
    public async Task Fixed_after_the_sensor_has_agreed_closes_in_the_same_commit()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        await scene.Do(id, "accept", 6);
        await scene.Apply(scene.Input(1, VerifyBegan, 10, raised: 0), scene.Input(1, Cleared, 20, raised: 0));
        var result = await scene.Do(id, "fixed", 41);
        Assert.Equal((TicketState.Closed, Time(41)), (result.Ticket!.State, result.Ticket.ClosedAt!.Value));
    }

    [Fact]
    public async Task Verified_but_not_cleared_waits_for_the_clear()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        await scene.Do(id, "accept", 6);
        await scene.Apply(scene.Input(1, VerifyBegan, 10, raised: 0));
        await scene.Do(id, "fixed", 50);
        await scene.Fire(100);
        Assert.Equal(TicketState.PendingVerify, scene.Only().State);
        await scene.Apply(scene.Input(1, Cleared, 110, raised: 0));
        Assert.Equal((TicketState.Closed, Time(110)), (scene.Only().State, scene.Only().ClosedAt!.Value));
    }

    [Fact]
    public async Task All_alarms_of_the_incident_must_agree()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        await scene.Apply(scene.Input(2, Raised, 6, Severity.P2, point: Scene.Riser));
        Assert.Equal((Severity.P2, 2), (scene.Only().Severity, scene.Only().AlarmCount));
        await scene.Do(id, "accept", 7);
        await scene.Do(id, "fixed", 20);
        await scene.Apply(scene.Input(1, Cleared, 30, raised: 0), scene.Input(1, VerifyBegan, 30, raised: 0));
        await scene.Fire(200);
        Assert.Equal(TicketState.PendingVerify, scene.Only().State);
        await scene.Apply(scene.Input(2, Cleared, 100, raised: 6, point: Scene.Riser), scene.Input(2, VerifyBegan, 101, raised: 6, point: Scene.Riser));
        Assert.Equal(Scene.At(131), scene.Store.EarliestDue(Scene.Riser));
        await scene.Fire(131, Scene.Riser);
        Assert.Equal((TicketState.Closed, Time(131)), (scene.Only().State, scene.Only().ClosedAt!.Value));
    }

    [Fact]
    public async Task A_candidate_that_clears_within_the_wait_is_dropped_unpublished()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, Raised, 0), scene.Input(1, Cleared, 4, raised: 0));
        Assert.Equal((TicketState.Dropped, TicketOutcome.Prevented), (scene.Only().State, scene.Only().Outcome));
        Assert.Empty(scene.Store.List(new TicketQuery()).Items);
        Assert.Empty(scene.Store.UnsentNotices(10));
        Assert.Empty(scene.Store.AnchoredDeadlines);
        await scene.Apply(scene.Input(2, Raised, 10));
        Assert.Equal(2, scene.Store.List(new TicketQuery { States = TicketStates.All }).Items.Count);
    }

    [Fact]
    public async Task A_clear_that_comes_after_the_wait_was_due_finds_the_ticket_open_though_nobody_fired_the_deadline()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, Raised, 0), scene.Input(1, Cleared, 6, raised: 0));
        Assert.Equal((TicketState.Open, Time(5)), (scene.Only().State, scene.Only().OpenedAt!.Value));
        Assert.Equal(Scene.At(66), scene.Store.EarliestDue(Scene.Boiler));
    }

    [Fact]
    public async Task No_wait_opens_at_the_raise_time()
    {
        await using var scene = new Scene();
        scene.Policy = scene.Policy with { Wait = TimeSpan.Zero };
        await scene.Apply(scene.Input(1, Raised, 3));
        Assert.Equal((TicketState.Open, Time(3)), (scene.Only().State, scene.Only().OpenedAt!.Value));
    }

    [Fact]
    public async Task Clears_itself_after_the_self_clear_time_unless_the_alarm_comes_back()
    {
        await using var scene = new Scene();
        await scene.Open();
        await scene.Apply(scene.Input(1, Cleared, 20, raised: 0));
        Assert.Equal(Scene.At(80), scene.Store.EarliestDue(Scene.Boiler));
        await scene.Apply(scene.Input(2, Raised, 50));
        Assert.Null(scene.Store.EarliestDue(Scene.Boiler));
        await scene.Apply(scene.Input(2, Cleared, 60, raised: 50));
        await scene.Fire(119);
        Assert.Equal(TicketState.Open, scene.Only().State);
        await scene.Fire(120);
        var done = scene.Only();
        Assert.Equal((TicketState.SelfCleared, TicketOutcome.SelfCleared, Time(120)), (done.State, done.Outcome, done.ClosedAt!.Value));
    }

    [Theory]
    [InlineData(Severity.P1, false)]
    [InlineData(Severity.P2, true)]
    public async Task What_was_ever_P1_never_clears_itself(Severity peak, bool clears)
    {
        await using var scene = new Scene();
        await scene.Open();
        await scene.Apply(scene.Input(1, SeverityChanged, 10, peak, raised: 0), scene.Input(1, SeverityChanged, 12, Severity.P4, raised: 0), scene.Input(1, Cleared, 20, raised: 0));
        Assert.Equal(Severity.P4, scene.Only().Severity);
        await scene.Fire(1000);
        Assert.Equal(clears ? TicketState.SelfCleared : TicketState.Open, scene.Only().State);
    }

    [Fact]
    public async Task A_rule_that_never_self_clears_waits_for_the_crew()
    {
        await using var scene = new Scene();
        scene.Policy = scene.Policy with { SelfClear = Timeout.InfiniteTimeSpan };
        await scene.Open();
        await scene.Apply(scene.Input(1, Cleared, 20, raised: 0));
        await scene.Fire(1_000_000);
        Assert.Equal(TicketState.Open, scene.Only().State);
    }

    [Fact]
    public async Task A_new_alarm_reopens_the_closed_ticket_within_the_window_and_opens_another_after_it()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        await scene.Apply(scene.Input(1, Cleared, 20, raised: 0));
        await scene.Fire(80);
        var week = 7 * 24 * 60;
        await scene.Apply(scene.Input(2, Raised, 80 + week, Severity.P2));
        var reopened = scene.Only();
        Assert.Equal((id, TicketState.Reopened, 1, Severity.P2), (reopened.Id, reopened.State, reopened.ReopenCount, reopened.Severity));
        Assert.Null(reopened.ClosedAt);
        Assert.Null(reopened.Outcome);
        await scene.Apply(scene.Input(2, Cleared, 90 + week, raised: 80 + week));
        await scene.Fire(150 + week);
        Assert.Equal(TicketState.SelfCleared, scene.Only().State);
        await scene.Apply(scene.Input(3, Raised, 150.1 + week + week));
        var both = scene.Store.List(new TicketQuery { States = TicketStates.All }).Items;
        Assert.Equal(2, both.Count);
        Assert.Equal(TicketState.Candidate, both[0].State);
        Assert.Equal([NoticeKind.Opened, NoticeKind.SelfCleared, NoticeKind.Reopened, NoticeKind.SelfCleared], scene.Store.UnsentNotices(10).Select(n => n.Kind));
    }

    [Fact]
    public async Task An_alarm_during_verification_reopens()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        await scene.Do(id, "accept", 6);
        await scene.Apply(scene.Input(1, Cleared, 20, raised: 0));
        await scene.Do(id, "fixed", 30);
        await scene.Apply(scene.Input(2, Raised, 40));
        Assert.Equal((TicketState.Reopened, 1), (scene.Only().State, scene.Only().ReopenCount));
        Assert.Equal(CommandOutcome.Done, (await scene.Do(id, "fixed", 50)).Outcome);
        // Only the latest occurrence is asked: the first one's verify condition never became true.
        await scene.Apply(scene.Input(2, Cleared, 60, raised: 40), scene.Input(2, VerifyBegan, 60, raised: 40));
        await scene.Fire(90);
        Assert.Equal(TicketState.Closed, scene.Only().State);
    }

    [Fact]
    public async Task Silence_of_the_sensor_is_proved_by_data_coming_back()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, Raised, 0, Severity.P4, noData: true, reason: AlarmReason.NoData));
        await scene.Fire(5);
        var id = scene.Only().Id;
        await scene.Do(id, "accept", 6);
        await scene.Do(id, "fixed", 10);
        await scene.Apply(scene.Input(1, Cleared, 12, Severity.P4, raised: 0, noData: true, reason: AlarmReason.DataReturned));
        Assert.Equal((TicketState.Closed, Time(12)), (scene.Only().State, scene.Only().ClosedAt!.Value));
    }

    [Theory]
    [InlineData(false, TicketState.PendingVerify)]
    [InlineData(true, TicketState.Closed)]
    public async Task An_alarm_withdrawn_by_a_rule_change_neither_blocks_nor_proves(bool another, TicketState expected)
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        if (another) await scene.Apply(scene.Input(2, Raised, 6, point: Scene.Riser));
        await scene.Do(id, "accept", 6);
        await scene.Do(id, "fixed", 10);
        if (another) await scene.Apply(scene.Input(2, Cleared, 20, raised: 6, point: Scene.Riser), scene.Input(2, VerifyBegan, 20, raised: 6, point: Scene.Riser));
        await scene.Apply(scene.Input(1, Cleared, 15, raised: 0, reason: AlarmReason.RuleChanged));
        await scene.Fire(60);
        await scene.Fire(60, Scene.Riser);
        Assert.Equal(expected, scene.Only().State);
    }

    [Fact]
    public async Task Severity_may_step_twice_in_one_millisecond()
    {
        await using var scene = new Scene();
        await scene.Open();
        await scene.Apply(scene.Input(1, SeverityChanged, 10, Severity.P1, raised: 0), scene.Input(1, SeverityChanged, 10, Severity.P2, raised: 0));
        Assert.Equal((Severity.P2, Severity.P2), (scene.Only().Severity, scene.Store.Alarm(Scene.AlarmId(1))!.Severity));
    }

    [Fact]
    public async Task A_fix_that_the_sensor_does_not_confirm_in_a_day_is_flagged_once()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        await scene.Do(id, "accept", 6);
        await scene.Do(id, "fixed", 10);
        await scene.Fire(10 + 1440);
        await scene.Fire(10 + 3000);
        Assert.True(scene.Only().VerifyOverdue);
        Assert.Equal(TicketState.PendingVerify, scene.Only().State);
        Assert.Single(scene.Store.UnsentNotices(10), n => n.Kind == NoticeKind.VerifyOverdue);
    }

    [Fact]
    public async Task Old_data_are_recorded_and_open_nothing_until_the_point_has_caught_up()
    {
        await using var scene = new Scene();
        await scene.Apply(scene.Input(1, Raised, 0, dispatch: false, reason: AlarmReason.TooOld));
        Assert.Empty(scene.Store.List(new TicketQuery { States = TicketStates.All }).Items);
        Assert.Null(scene.Store.Alarm(Scene.AlarmId(1))!.Ticket);
        await scene.Apply(scene.Input(1, CaughtUp, 3000, raised: 0, reason: AlarmReason.CaughtUp));
        var ticket = scene.Only();
        Assert.Equal((TicketState.Open, Time(0), Time(3000)), (ticket.State, ticket.RaisedAt, ticket.OpenedAt!.Value));
    }

    [Fact]
    public async Task Cancel_needs_a_manager_and_a_reason_and_is_final()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        Assert.Equal(CommandOutcome.Refused, (await scene.Do(id, "cancel", 6, "crew", "test")).Outcome);
        Assert.Equal(CommandOutcome.Refused, (await scene.Do(id, "cancel", 6, "manager")).Outcome);
        var done = await scene.Do(id, "cancel", 6, "manager", "drill");
        Assert.Equal((TicketState.Cancelled, TicketOutcome.Cancelled), (done.Ticket!.State, done.Ticket.Outcome));
        Assert.Equal("drill", done.Ticket.Timeline[^1].Reason);
        var again = await scene.Do(id, "accept", 7);
        Assert.Equal(CommandOutcome.Refused, again.Outcome);
        Assert.Contains("Allowed: flag-audit.", again.Message, StringComparison.Ordinal);
        await scene.Apply(scene.Input(1, Cleared, 8, raised: 0), scene.Input(2, Raised, 9));
        Assert.Equal(2, scene.Store.List(new TicketQuery { States = TicketStates.All }).Items.Count);
    }

    private static DateTimeOffset Time(double minute) => DateTimeOffset.FromUnixTimeMilliseconds(Scene.At(minute));
}
