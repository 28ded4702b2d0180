using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using static CityEdge.Hub.Tickets.Machine.TicketState;

namespace CityEdge.Hub.Tickets.Tests;

/// <summary>The domain's §5.2, one case for each T: what moves the ticket, and what its guard refuses.</summary>
public sealed class TicketStepTests
{
    private const string Photo = "\"photo\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"";
    private const string Evidence = $"{{{Photo},\"reading\":\"19.5 Cel\",\"cause\":\"window-open\"}}";
    private const string NewYear = "\"2027-01-01T00:00:00Z\"";

    private static TicketFacts With(string? lead, params string[] co) => TicketFacts.None with { Plan = new Walk.HourPlan(), Assignment = lead is null ? null : new(lead, [.. co], 3) };

    private static Walk Open1(TicketFacts? facts = null) => new Walk { Facts = facts ?? With(null) }.Take(TicketMachine.Born(TicketTableTests.In(Open).Opening, TicketTableTests.Alarm(1))).Until(5).Is(Open);

    [Fact]
    public void T1_T2_a_candidate_opens_after_its_wait_and_its_clocks_start_then()
    {
        var walk = new Walk { Facts = With(null) }.Take(TicketMachine.Born(TicketTableTests.In(Open).Opening, TicketTableTests.Alarm(1))).Is(Candidate);
        Assert.Null(walk.Ticket.Clocks);
        walk.Until(4.9).Is(Candidate).Until(5).Is(Open);
        Assert.Equal([Scene.At(65)], walk.Ticket.Clocks!.Select(c => c.DueMs()).Distinct());
        Assert.Equal([NoticeKind.Opened], walk.Notices);
    }

    [Fact]
    public void T3_a_candidate_without_alarm_is_dropped()
    {
        var walk = new Walk().Take(TicketMachine.Born(TicketTableTests.In(Open).Opening, TicketTableTests.Alarm(1)));
        walk.Take(TicketMachine.AlarmCleared(walk.Ticket, TicketTableTests.Alarm(1), Scene.At(2))).Is(Dropped);
        Assert.Equal(TicketOutcome.Prevented, walk.Ticket.Outcome);
    }

    [Fact]
    public void T4_an_alarm_of_the_incident_joins() => Assert.Equal(2, Open1().Alarm(2).Is(Open).Ticket.Active.Total());

    [Fact]
    public void T5_a_report_opens_or_joins_and_only_its_first_time_counts()
    {
        var opening = TicketTableTests.In(Open).Opening with { Origin = TicketOrigin.Complaint };
        var born = TicketBirths.Born(opening, new(Scene.At(1), "call", "call-centre", 0, new() { ComplaintAtMs = Scene.At(0), Contact = true }));
        var walk = new Walk().Take(born).Is(Open);
        Assert.Equal((Scene.At(0), 1), (walk.Ticket.FirstComplaintAtMs, walk.Ticket.Contacts));
        walk.Trigger(TicketTrigger.ReportLinked, 9, new() { ComplaintAtMs = Scene.At(9) });
        Assert.Equal((Scene.At(0), 1), (walk.Ticket.FirstComplaintAtMs, walk.Ticket.Contacts));
        Assert.NotNull(TicketBirths.Born(opening, new(0, "li", "viewer", 0, new())).Refusal);
    }

    [Fact]
    public void T6_a_plan_opens_a_preventive_ticket() =>
        new Walk().Take(TicketBirths.Born(TicketTableTests.In(Open).Opening with { Origin = TicketOrigin.Preventive }, new(Scene.At(1), "plan", "scheduler", 0, new()))).Is(Open);

    [Fact]
    public void T7_an_inspection_follows_only_from_what_was_proved()
    {
        var opening = TicketTableTests.In(Open).Opening with { Origin = TicketOrigin.Derived, Parent = "t-p" };
        var context = new TriggerContext(Scene.At(1), "zhao", "manager", 0, new());
        new Walk().Take(TicketBirths.Born(opening, context, TicketTableTests.In(Closed))).Is(Open);
        Assert.NotNull(TicketBirths.Born(opening, context, TicketTableTests.In(InProgress)).Refusal);
    }

    [Fact]
    public void T8_the_catalogue_sends_it_to_one_lead()
    {
        var walk = Open1(With("heat", "street")).Trigger(TicketTrigger.CatalogueResolved, 5).Is(Dispatched);
        Assert.Equal(("heat", "heat", "street", 3), (walk.Ticket.Lead, walk.Ticket.Offered, walk.Ticket.CoUnits!.Single(), walk.Ticket.Catalogue));
        Assert.Equal(Scene.At(65), walk.Ticket.Clock("accept")!.DueMs());
    }

    [Fact]
    public void T9_without_a_match_it_waits_for_the_dispatcher_whose_clock_runs()
    {
        var walk = Open1().Trigger(TicketTrigger.CatalogueMissed, 5).Is(Open).Trigger(TicketTrigger.CatalogueMissed, 6);
        Assert.Single(walk.Log, l => l.Type == TicketEventType.Triage);
        Assert.True(walk.Until(65).Ticket.InTriage);
        Assert.Equal(3, walk.Ticket.Clock("triage")!.Fired);
    }

    [Fact]
    public void T9a_T9b_an_owner_is_looked_for_and_found()
    {
        var walk = Walk.In(InProgress).Do("set-owner", reason: "survey", args: """{"owner":"grid"}""").Refused("ask-owner");
        Assert.True(walk.Do("ask-owner", reason: "no label").Is(InProgress).Ticket.OwnerAsked);
        Assert.Equal((false, "grid"), (walk.Do("set-owner", reason: "survey", args: """{"owner":"grid"}""").Ticket.OwnerAsked, walk.Ticket.Owner));
    }

    [Fact]
    public void T10_a_dispatcher_chooses_with_a_reason_where_the_catalogue_says_another()
    {
        var walk = Open1(With("heat")).Do("dispatch", args: """{"unit":"water"}""").Refused("a reason").Do("dispatch", args: "{}").Refused("args.unit");
        walk.Do("dispatch", role: "crew", args: """{"unit":"heat"}""").Refused("not crew").Do("dispatch", reason: "pump", args: """{"unit":"water","co_units":["water"]}""").Refused("without the lead");
        walk.Do("dispatch", reason: "their pump", args: """{"unit":"water"}""").Is(Dispatched);
        Assert.True(walk.Last.Gap);
        Assert.Null(Open1(With("heat")).Do("dispatch", args: """{"unit":"heat"}""").Is(Dispatched).Last.Gap);
    }

    [Fact]
    public void T11_the_asked_unit_accepts_however_late_and_the_clock_stops()
    {
        var walk = Open1(With("heat")).Trigger(TicketTrigger.CatalogueResolved, 5).Until(4000);
        walk.Do("accept", 4000, "crew", args: """{"unit":"water"}""").Refused("unit heat").Do("accept", 4000, "crew").Is(Accepted);
        Assert.Equal(Scene.At(4000), walk.Ticket.Clock("accept")!.StoppedMs);
    }

    [Fact]
    public void T12_a_unit_sends_it_back_in_time_with_reason_and_evidence_but_never_a_P1()
    {
        const string why = """{"code":"not-ours","evidence":"pipe plan 3"}""";
        Walk.In(Dispatched).Do("return", 60, "unit", reason: "not ours").Refused("args.code");
        Walk.In(Dispatched).Do("return", 60, "unit", args: why).Refused("a reason");
        Walk.In(Dispatched).Do("return", 7 + 121, "unit", reason: "not ours", args: why).Refused("within 2 h");
        Walk.In(Dispatched, t => t with { Severity = Severity.P1 }).Do("return", 60, "unit", reason: "not ours", args: why).Refused("P1 cannot");
        Walk.In(Dispatched, t => t with { Returns = 2 }).Do("return", 60, "unit", reason: "not ours", args: why).Refused("at most 2");
        Assert.Equal(1, Walk.In(Dispatched).Do("return", 7 + 120, "unit", reason: "not ours", args: why).Is(Returned).Ticket.Returns);
    }

    [Fact]
    public void T13_the_first_unit_stays_responsible_until_another_accepts_and_after_two_returns_the_level_above_decides()
    {
        var walk = Walk.In(Returned, t => t with { Returns = 2 }).Do("dispatch", role: "dispatcher", args: """{"unit":"water"}""").Refused("a manager");
        walk.Do("dispatch", args: """{"unit":"water"}""").Is(Dispatched);
        Assert.Equal(("heat", "water"), (walk.Ticket.Lead, walk.Ticket.Offered));
        Assert.Equal("water", walk.Do("accept", 61).Is(Accepted).Ticket.Lead);
    }

    [Fact]
    public void T14_the_accept_clock_reminds_then_goes_up_once_for_each_mark()
    {
        var walk = Open1(With("heat")).Trigger(TicketTrigger.CatalogueResolved, 5);
        walk.Facts = walk.Facts with { Plan = null };
        Assert.Equal(EscalationLevel.Community, walk.Until(64.99).Ticket.Level);
        walk.Until(1000).Is(Dispatched);
        Assert.Equal([50, 80, 100, 200], walk.Log.Select(TicketLog.Data).Where(d => d.Clock == "accept").Select(d => d.Percent!.Value));
        Assert.Equal(EscalationLevel.City, walk.Ticket.Level);
    }

    [Fact]
    public void T15_a_crew_that_fits_is_assigned()
    {
        var walk = Walk.In(Accepted).Do("assign").Refused("args.crew");
        Assert.Equal("crew-2", walk.Do("assign", args: """{"crew":"crew-2"}""").Is(Accepted).Ticket.Crew);
        walk.Facts = TicketFacts.None with { CrewRefusal = "a crew on shift" };
        walk.Do("assign", args: """{"crew":"crew-3"}""").Refused("on shift");
    }

    [Fact]
    public void T16_T17_T18_the_crew_departs_arrives_at_the_asset_and_starts()
    {
        var walk = Walk.In(Accepted, t => t with { Opening = t.Opening with { Asset = "room-301" }, NeedsPhotos = true }).Do("depart", 61, "crew").Is(EnRoute);
        walk.Do("arrive", 62, "crew").Refused("within 100 m").Do("arrive", 62, "crew", args: """{"tag":"room-302"}""").Refused("its tag");
        walk.Facts = TicketFacts.None with { DistanceM = 100.1 };
        walk.Do("arrive", 62, "crew").Refused("within 100 m");
        walk.Facts = TicketFacts.None with { DistanceM = 100 };
        walk.Do("arrive", 62, "crew").Is(OnSite).Do("start", 63, "crew").Refused("args.photo").Do("start", 63, "crew", args: $"{{{Photo}}}").Is(InProgress);
        Walk.In(EnRoute, t => t with { Opening = t.Opening with { Asset = "room-301" } }).Do("arrive", 62, "crew", args: """{"tag":"room-301"}""").Is(OnSite);
        Walk.In(EnRoute).Do("arrive", 62).Refused("a manager's reason").Do("arrive", 62, reason: "seen by radio").Is(OnSite);
        Walk.In(EnRoute).Do("arrive", 62, "crew", reason: "honestly").Refused("a manager's reason");
    }

    [Fact]
    public void T18a_the_safe_clock_stops_when_the_danger_is_over() =>
        Assert.Equal(Scene.At(61), Walk.In(OnSite, t => t with { Clocks = [Walk.HourPlan.Hour("safe", Scene.At(5))] }).Do("safe", 61, "crew").Is(OnSite).Ticket.Clock("safe")!.StoppedMs);

    [Fact]
    public void T19_T29a_a_false_alarm_needs_evidence_and_another_person_and_a_sensor_that_is_quiet_or_faulty()
    {
        Walk.In(OnSite).Do("no-fault", 61, "crew", args: """{"reading":"19","cause":"x"}""").Refused("args.photo");
        var walk = Walk.In(OnSite).Do("no-fault", 61, "crew", "wang", args: Evidence).Is(PendingVerify);
        walk.Take(TicketMachine.Fire(walk.Ticket with { Active = default, Unverified = 0 }, new(TicketDeadlineKind.Verify, Scene.At(70), "p")));
        Assert.Equal(PendingVerify, walk.Ticket.State);
        walk.Do("inspect", 62).Refused("found no fault").Do("confirm-false-alarm", 62, "inspector", "wang").Refused("somebody other than wang");
        walk.Do("confirm-false-alarm", 62, "inspector").Refused("no active alarm").Do("confirm-false-alarm", 62, "inspector", args: """{"sensor_faulty":true}""").Is(FalseAlarm);
        Assert.Equal((TicketOutcome.FalseAlarm, "inspector"), (walk.Ticket.Outcome, walk.Ticket.VerifiedBy));
        Walk.In(PendingVerify).Do("confirm-false-alarm").Refused("proposed a false alarm");
    }

    [Fact]
    public void T20_T21_T22_none_leaves_before_the_whistle_is_over_and_each_late_unit_is_told_once()
    {
        var walk = Walk.In(InProgress).Do("whistle", 60, args: """{"units":[],"text":"x"}""").Refused("args.units").Do("whistle", 60, args: """{"units":["gas","water"]}""").Refused("args.text");
        walk.Do("whistle", 60, args: """{"units":["gas","water"],"text":"dig"}""").Is(TicketState.Whistled).Do("report-in", 70, "unit", args: """{"unit":"gas","remote":true}""");
        walk.Until(89.99);
        Assert.DoesNotContain(NoticeKind.ReportInLate, walk.Notices);
        walk.Until(200);
        Assert.Equal("water", Assert.Single(walk.Log, l => l.Type == TicketEventType.ReportInLate) is { } line ? TicketLog.Data(line).Unit : null);
        walk.Do("task-done", 200, "unit", args: """{"unit":"water"}""").Refused("has reported in").Do("report-in", 200, "unit", args: """{"unit":"water"}""").Do("task-done", 201, "unit", args: """{"unit":"water"}""");
        walk.Do("fixed", 201).Refused("not allowed in state whistled").Do("whistle-done", 202).Refused("open: gas").Do("task-done", 203, "unit", args: """{"unit":"gas"}""").Do("whistle-done", 204).Is(InProgress);
        Assert.True(walk.Ticket.Whistle!.Single(w => w.Unit == "gas").Remote);
    }

    [Fact]
    public void T23_T24_work_rests_for_a_reason_until_a_time_but_the_clock_runs_on()
    {
        const string parts = """{"code":"parts","until":"2025-11-15T04:00:00+08:00"}""";
        Walk.In(InProgress, t => t with { Severity = Severity.P1 }).Do("hold", 60, args: parts).Refused("P1 never");
        Walk.In(InProgress).Do("hold", 60, args: """{"code":"tea","until":"2025-11-15T04:00:00+08:00"}""").Refused("parts, access");
        Walk.In(InProgress).Do("hold", 60, args: $"{{\"code\":\"parts\",\"until\":{NewYear}}}").Refused("at most 30 days");
        var walk = Walk.In(InProgress, t => t with { Clocks = [Walk.HourPlan.Hour("fix", Scene.At(30))] }).Do("hold", 60, args: parts).Is(OnHold);
        walk.Until(239.99).Is(OnHold).Until(240).Is(InProgress);
        Assert.Equal((4, (long?)null), (walk.Ticket.Clock("fix")!.Fired, walk.Ticket.HoldUntilMs));
        Walk.In(InProgress).Do("hold", 60, args: parts).Do("resume", 61).Is(InProgress);
    }

    [Fact]
    public void T25_one_extension_before_the_due_time_by_the_level_above()
    {
        static Walk At30() => Walk.In(InProgress, t => t with { Clocks = [Walk.HourPlan.Hour("fix", Scene.At(30))] });
        At30().Do("ask-extension", 60, reason: "parts", args: """{"until":"2025-11-15T02:31:00+08:00"}""").Refused("original length");
        At30().Do("ask-extension", 90, reason: "parts", args: """{"until":"2025-11-15T02:00:00+08:00"}""").Refused("has not run out");
        var walk = At30().Do("approve-extension").Refused("was asked for").Do("ask-extension", 60, "crew", "wang", "parts", """{"until":"2025-11-15T02:30:00+08:00"}""").Is(InProgress);
        walk.Facts = With(null);
        walk.Do("approve-extension", 61, actor: "wang").Refused("who asked").Do("approve-extension", 61).Is(InProgress);
        Assert.Equal((Scene.At(150), Scene.At(90)), (walk.Ticket.Clock("fix")!.DueMs(), walk.Ticket.Clock("fix")!.PromisedMs));
        walk.Do("ask-extension", 62, reason: "more", args: """{"until":"2025-11-15T02:40:00+08:00"}""").Refused("no extension was asked");
        var refused = At30().Do("ask-extension", 60, reason: "parts", args: """{"until":"2025-11-15T02:30:00+08:00"}""").Do("refuse-extension", 61, reason: "no").Is(InProgress);
        Assert.Equal(Scene.At(90), refused.Ticket.Clock("fix")!.DueMs());
    }

    [Fact]
    public void T26_the_fix_clock_reminds_at_50_and_80_percent_then_goes_a_level_up()
    {
        var walk = Open1();
        walk.Until(64.99);
        Assert.Equal((EscalationLevel.Community, 2), (walk.Ticket.Level, walk.Ticket.Clock("fix")!.Fired));
        var before = walk.Notices.Count(n => n == NoticeKind.Escalated);
        walk.Until(65);
        Assert.Equal(3, walk.Notices.Count(n => n == NoticeKind.Escalated) - before); // three clocks, then the city is reached
        Assert.Equal(EscalationLevel.City, walk.Until(10_000).Ticket.Level);
        Assert.Equal(16, walk.Log.Count(l => l.Type == TicketEventType.ClockMark));
    }

    [Fact]
    public void T27_a_manager_lifts_it_up_to_the_city()
    {
        var walk = Walk.In(InProgress).Do("escalate").Refused("a reason").Do("escalate", role: "crew", reason: "stuck").Refused("not crew").Do("escalate", reason: "stuck");
        Assert.Equal((EscalationLevel.Street, true), (walk.Ticket.Level, walk.Ticket.Listed));
        walk.Do("escalate", reason: "stuck").Do("escalate", reason: "stuck").Do("escalate", reason: "stuck").Refused("below the city");
    }

    [Fact]
    public void T28_fixed_waits_for_the_co_handling_units_and_stops_the_clock()
    {
        var walk = Walk.In(InProgress, t => t with { CoUnits = ["street"], NeedsPhotos = true, Clocks = [Walk.HourPlan.Hour("fix", Scene.At(30))] }).Do("fixed", 60, "crew", args: $"{{{Photo}}}").Refused("street");
        walk.Do("co-done", 60, "unit", args: """{"unit":"gas"}""").Refused("a co-handling unit").Do("co-done", 60, "unit", args: """{"unit":"street"}""").Do("fixed", 61, "crew").Refused("args.photo");
        walk.Do("fixed", 61, "crew", args: $"{{{Photo}}}").Is(PendingVerify);
        Assert.Equal(Scene.At(61), walk.Ticket.Clock("fix")!.StoppedMs);
    }

    [Fact]
    public void T29_sensors_or_an_inspector_who_is_not_the_crew_close_it()
    {
        Walk.In(PendingVerify, t => t with { Active = default, Unverified = 0, VerifyReadyMs = Scene.At(70), VerifyPoint = "p" }).Until(70).Is(Closed);
        Walk.In(PendingVerify).Do("inspect", role: "inspector").Refused("no active alarm");
        Walk.In(PendingVerify, t => t with { Active = default }).Do("inspect", role: "inspector", actor: "wang").Refused("somebody other").Do("inspect", role: "crew").Refused("not crew").Do("inspect", role: "inspector").Is(Closed);
    }

    [Fact]
    public void T30_T31_who_rejects_reopens_with_the_clock_from_its_start_and_the_sensor_alone_no_longer_closes()
    {
        var walk = Walk.In(InProgress, t => t with { Active = default, Unverified = 0, VerifyReadyMs = Scene.At(20), VerifyPoint = "p", Clocks = [Walk.HourPlan.Hour("fix", Scene.At(30))] });
        walk.Do("fixed", 40, "crew", "wang").Do("reject", 50, "inspector", "wang", "leaks").Refused("somebody other").Do("reject", 50, "inspector", reason: "leaks").Is(TicketState.Reopened);
        Assert.Equal((Scene.At(90), (long?)null), (walk.Ticket.Clock("fix")!.DueMs(), walk.Ticket.Clock("fix")!.StoppedMs));
        walk.Until(10_000).Is(TicketState.Reopened).Do("fixed", 10_001, "crew", "wang").Until(20_000).Is(PendingVerify);
        Assert.True(walk.Ticket.VerifyOverdue);
        walk.Do("inspect", 20_001, "inspector").Is(Closed);
        Walk.In(PendingVerify).Alarm(2).Is(TicketState.Reopened);
    }

    [Fact]
    public void T32_to_T35_who_complained_is_called_back_by_somebody_else()
    {
        static Walk Proved() => Walk.In(PendingVerify, t => t with { Contacts = 1, Active = default, Unverified = 0, VerifyReadyMs = Scene.At(70), VerifyPoint = "p" }).Until(70).Is(PendingCallback);
        Proved().Do("callback", actor: "wang", args: """{"answer":"solved"}""").Refused("somebody other").Do("callback", args: """{"answer":"perhaps"}""").Refused("solved, not-solved or unreachable");
        Assert.Equal("sensor", Proved().Do("callback", args: """{"answer":"solved"}""").Is(Closed).Ticket.VerifiedBy);
        Proved().Do("callback", args: """{"answer":"not-solved"}""").Is(TicketState.Reopened);
        const string nobody = """{"answer":"unreachable"}""";
        var walk = Proved().Do("callback", 100, args: nobody).Do("callback", 101, args: nobody).Do("callback", 1439, args: nobody).Is(PendingCallback).Do("callback", 1440, args: nobody).Is(Closed);
        Assert.Equal((3, "unreachable"), (walk.Ticket.CallbackMisses, walk.Last.Answer));
    }

    [Fact]
    public void T36_it_clears_itself_only_while_nobody_complained()
    {
        static Walk Quiet(long? complaint) => Walk.In(Dispatched, t => t with { Active = default, LastClearedMs = Scene.At(60), LastClearedPoint = "p", FirstComplaintAtMs = complaint });
        Quiet(null).Until(120).Is(SelfCleared);
        Quiet(Scene.At(30)).Until(1000).Is(Dispatched);
    }

    [Fact]
    public void T37_T39_the_same_fault_again_reopens_within_the_window_and_is_another_ticket_after()
    {
        Walk.In(Closed).Alarm(2, 80, 60).Is(TicketState.Reopened);
        Assert.Empty(Walk.In(Closed).Alarm(2, 80.1, 60).Is(Closed).Log);
    }

    [Fact]
    public void T38_a_resident_says_within_15_days_that_it_is_not_fixed()
    {
        Walk.In(Closed).Do("not-fixed", 20 + (15 * 1440) + 1, "call-centre", reason: "cold").Refused("within 15 days");
        var walk = Walk.In(Closed).Do("not-fixed", 20 + (15 * 1440), "call-centre", reason: "cold", args: """{"contact":true}""").Is(TicketState.Reopened);
        Assert.Equal((true, 1), (walk.Ticket.Disputed, walk.Ticket.Contacts));
        walk = Walk.In(Closed);
        walk.Facts = TicketFacts.None with { LiveTwin = "20251115-x-0002" };
        walk.Do("not-fixed", 60, "call-centre", reason: "cold").Refused("0002");
    }

    [Fact]
    public void T40_a_reopened_ticket_goes_to_the_same_lead_first()
    {
        var walk = Walk.In(TicketState.Reopened);
        walk.Facts = With("heat");
        Assert.Equal(("heat", "heat"), (walk.Trigger(TicketTrigger.CatalogueResolved).Is(Dispatched).Ticket.Lead, walk.Ticket.Offered));
        Walk.In(TicketState.Reopened).Do("dispatch", args: """{"unit":"water"}""").Is(Dispatched);
    }

    [Fact]
    public void T41_T42_a_duplicate_is_merged_and_comes_back_within_a_day()
    {
        var walk = Walk.In(OnSite).Do("merge", args: """{"into":"t-y"}""").Refused("that is live");
        walk.Facts = TicketFacts.None with { TargetLive = true };
        walk.Do("merge", 60, args: """{"into":"t-y"}""").Is(Merged);
        Assert.Equal(("t-y", TicketOutcome.Merged), (walk.Ticket.MergedInto, walk.Ticket.Outcome));
        walk.Do("unmerge", 60 + 1441, reason: "another").Refused("within 24 h").Do("unmerge", 60 + 1440, reason: "another").Is(OnSite);
        Assert.Equal((null, null), (walk.Ticket.MergedInto, walk.Ticket.ClosedAtMs));
    }

    [Fact]
    public void T43_T44_it_is_referred_with_the_resident_told_or_cancelled_by_a_manager()
    {
        Walk.In(Open, t => t with { Contacts = 1 }).Do("refer", args: """{"target":"railway"}""").Refused("resident_told").Do("refer", args: """{"target":"railway","resident_told":true}""").Is(Referred);
        Walk.In(Open).Do("refer").Refused("args.target");
        Walk.In(Open).Do("cancel", role: "crew", reason: "test").Refused("not crew").Do("cancel").Refused("a reason").Do("cancel", reason: "test").Is(Cancelled);
    }

    [Fact]
    public void T45_a_suspicion_freezes_publication_in_any_state()
    {
        foreach (var state in TicketStates.All) Assert.True(Walk.In(state).Do("flag-audit", role: "auditor", reason: "times").Is(state).Ticket.AuditFlag);
        Walk.In(Closed).Do("flag-audit", role: "manager", reason: "times").Refused("auditor");
    }

    [Fact]
    public void T46_the_mode_changes_the_open_clocks_forward_and_no_others()
    {
        var walk = Walk.In(InProgress, t => t with { Clocks = [Walk.HourPlan.Hour("fix", Scene.At(0))] });
        walk.Facts = With(null) with { Mode = OperatingMode.Emergency };
        Assert.Equal((OperatingMode.Emergency, Scene.At(120)), (walk.Trigger(TicketTrigger.ModeChanged, 60).Is(InProgress).Ticket.Mode, walk.Ticket.Clock("fix")!.DueMs()));
        Assert.Single(walk.Trigger(TicketTrigger.ModeChanged, 61).Log);
        Assert.Empty(Walk.In(Closed).Trigger(TicketTrigger.ModeChanged).Log);
    }
}
