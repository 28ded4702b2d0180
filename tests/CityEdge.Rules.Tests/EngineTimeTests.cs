using System.Buffers;
using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>Holds, event clocks, gaps, age of data.</summary>
public class EngineTimeTests
{
    private const string Hold = "raise: [ { severity: P3, when: \"value < 18\", for: 2h } ]\nclear: { when: \"value >= 18.5\", for: 1h }\nmax_gap: 30m";

    [Fact]
    public void A_hold_of_two_hours_needs_a_reading_at_or_timers_past_its_end()
    {
        var bench = new RuleBench(Yaml(Hold)).Point();
        Assert.Equal("", bench.ReadEvery(0, 115, 5, 17.9).Read(119, 17.9).News());
        Assert.Equal("Raised P3 at 120", bench.Read(120, 17.9).News());
    }

    [Fact]
    public void A_normal_value_at_the_very_end_of_the_hold_does_not_raise() =>
        Assert.Equal("", new RuleBench(Yaml(Hold)).Point().ReadEvery(0, 115, 5, 17.9).Read(120, 18).Advance(1000).News());

    [Fact]
    public void The_limit_itself_is_normal() => Assert.Equal("", new RuleBench(Yaml(Hold)).Point().ReadEvery(0, 600, 5, 18).News());

    [Fact]
    public void A_raise_is_stamped_with_its_due_time_not_with_the_reading_that_showed_it() =>
        Assert.Equal("Raised P3 at 120", new RuleBench(Yaml(Hold)).Point().ReadEvery(0, 112, 14, 17).Read(126, 17).News());

    [Fact]
    public void A_drained_consumers_clock_fires_only_past_the_due_time()
    {
        var bench = new RuleBench(Yaml(Hold)).Point().ReadEvery(0, 110, 5, 17);
        Assert.Equal(Ms(120) + 1, bench.Engine.NextDueMs);
        Assert.Equal("", bench.Advance(120).News());
        bench.Engine.Advance(Ms(120) + 1, bench.Output);
        Assert.Equal("Raised P3 at 120", bench.News());
    }

    [Fact]
    public void Silence_does_not_finish_a_hold_and_does_not_count_towards_it()
    {
        var bench = new RuleBench(Yaml(Hold)).Point().ReadEvery(0, 60, 5, 17);
        Assert.Equal("", bench.Advance(1000).News());
        // Supported until 90; back at 600: 510 minutes did not count, so 120 becomes 630.
        Assert.Equal("", bench.ReadEvery(600, 625, 5, 17).News());
        Assert.Equal("Raised P3 at 630", bench.Read(630, 17).News());
    }

    [Fact]
    public void A_gap_no_longer_than_max_gap_counts() => Assert.Equal("Raised P3 at 120", new RuleBench(Yaml(Hold)).Point().ReadEvery(0, 120, 30, 17).News());

    [Fact]
    public void Without_max_gap_three_intervals_count()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: \"value < 18\", for: 1h } ]")).Point().ReadEvery(0, 30, 5, 17);
        // Three intervals of 5 minutes are supported: until 45; back at 100, 55 minutes do not count.
        Assert.Equal("", bench.Advance(90).ReadEvery(100, 110, 5, 17).News());
        Assert.Equal("Raised P3 at 115", bench.Read(115, 17).News());
    }

    [Fact]
    public void One_reading_alone_does_not_carry_a_hold() =>
        Assert.Equal("", new RuleBench(Yaml("raise: [ { severity: P3, when: \"value < 18\", for: 5m } ]")).Point().Read(0, 10).Advance(600).News());

    [Fact]
    public void Missing_data_never_clears()
    {
        var bench = new RuleBench(Yaml(Hold)).Point().ReadEvery(0, 120, 5, 17).Read(125, 19);
        Assert.Equal("Raised P3 at 120; VerifyBegan P3 at 125", bench.News());
        Assert.Equal("VerifyBroken P3 at 155 NoData", bench.Advance(1000).News());
        // Supported until 155 of the hour from 125; the other half hour begins when data do.
        Assert.Equal("VerifyBegan P3 at 1000", bench.Read(1000, 19).News());
        Assert.Equal("Cleared P3 at 1030", bench.Read(1025, 19).Read(1030, 19).Alarms());
    }

    [Fact]
    public void A_skewed_clock_changes_nothing_but_the_times()
    {
        var bench = new RuleBench(Yaml(Hold)).Point();
        for (var at = 0; at <= 110; at += 5) bench.Read(at - 5000, 17, arrival: at);
        Assert.Equal(Ms(-4880), bench.Engine.EventNow(Room, Ms(120)));
        Assert.Equal(Ms(120), bench.Engine.WallTimeOf(Room, Ms(-4880)));
        Assert.Equal("", bench.Advance(120).News());
        Assert.Equal("Raised P3 at -4880 TooOld", bench.Advance(121).News());
    }

    [Fact]
    public void A_recording_at_full_speed_raises_at_its_own_times()
    {
        var bench = new RuleBench(new RuleEngineOptions { MaxAge = null }, Yaml(Hold)).Point();
        for (var i = 0; i < 60; i++) bench.Read(-1_000_000 + i * 5, i < 30 ? 17 : 19, arrival: i * 0.00001);
        Assert.Equal("Raised P3 at -999880; Cleared P3 at -999790", bench.Alarms());
        Assert.All(bench.Output, t => Assert.True(t.Dispatch));
    }

    [Fact]
    public void Old_data_are_recorded_and_dispatched_only_when_still_active_once_caught_up()
    {
        var bench = new RuleBench(Yaml(Hold)).Point();
        for (var i = 0; i <= 24; i++) bench.Read(-3000 + i * 5, 17, arrival: 1);
        Assert.Equal("Raised P3 at -2880 TooOld", bench.News());
        Assert.False(bench.Output[0].Dispatch);
        Assert.Equal("", bench.Read(-1439.5, 17, arrival: 2).News());
        Assert.Equal("CaughtUp P3 at -1437", bench.Read(-1437, 17, arrival: 3).News());
        Assert.True(bench.Output[^1].Dispatch);
        Assert.Equal("", bench.Read(0, 17, arrival: 4).News());
        Assert.Single(bench.Output.Select(t => t.AlarmId).Distinct());
    }

    [Fact]
    public void Yesterdays_flood_that_is_over_is_never_dispatched()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P1, when: \"value < 18\" } ]")).Point();
        bench.Read(-3000, 17, arrival: 1).Read(-2995, 19, arrival: 1).Read(0, 19, arrival: 2);
        Assert.Equal("Raised P1 at -3000 TooOld; Cleared P1 at -2995", bench.Alarms());
        Assert.All(bench.Output, t => Assert.False(t.Dispatch));
    }

    [Fact]
    public void Exactly_max_age_old_is_still_dispatched()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P1, when: \"value < 18\" } ]")).Point().Read(-1440, 17, arrival: 0);
        Assert.True(bench.Output.Single().Dispatch);
    }

    [Fact]
    public void Stragglers_duplicates_and_readings_from_the_future_are_counted_and_change_nothing()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P1, when: \"value < 18\" } ]")).Point().Read(10, 20);
        bench.Read(10, 10, arrival: 11).Read(7.9, 10, arrival: 11).Read(20, 10, arrival: 12, quality: Quality.FutureTime);
        bench.Engine.Apply(new Reading(new PointId("x", "y", "z"), Ms(12), ReadingValue.FromNumber(1), null), Ms(12), bench.Output);
        Assert.Equal("", bench.News());
        Assert.Equal((2, 1, 1), (bench.Engine.IgnoredReadings, bench.Engine.FutureReadings, bench.Engine.UnknownPointReadings));
    }

    [Fact]
    public void A_faulty_sensor_is_not_silent_and_has_no_value()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: \"value > 60\" } ]\nno_data: { after: 30m }")).Point().Read(0, 20);
        Assert.Equal("", bench.Read(20, 85, quality: Quality.SensorFault).Advance(50).News());
        Assert.Equal("NoData Raised P4 at 50", bench.Advance(51).News());
    }

    [Fact]
    public void Nothing_ends_before_it_began_when_a_straggler_refutes_a_timer()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: \"value < 18\", for: 10m } ]\nmax_gap: 1h")).Point().Read(0, 17).Advance(11);
        // By more than two minutes, so that the timer is not taken back.
        Assert.Equal("Raised P3 at 10; Cleared P3 at 10; VerifyBegan P3 at 10", bench.Read(7.9, 19, arrival: 12).News().Replace("VerifyBegan P3 at 10; Cleared P3 at 10", "Cleared P3 at 10; VerifyBegan P3 at 10", StringComparison.Ordinal));
    }

    [Fact]
    public void A_restart_after_a_straggler_took_the_clock_back_over_a_boundary_of_the_hours_is_no_restart()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P2, when: \"value < 16\", for: 1h } ]\nmax_gap: 2h\nactive: { hours: \"06:00-22:00\" }")).Point();
        // At 06:00 the timer puts the rule in force; the reading of 05:52 arrives a quarter of an hour late.
        bench.Read(300, 15).Advance(365).Read(352, 15, arrival: 367);
        var rule = bench.Engine.Rules.Single();
        var kept = Continue(bench.Engine);
        Assert.Equal(kept, Continue(Loaded()));
        Assert.Equal(["Raised P2 at 420"], kept);

        RuleEngine Loaded()
        {
            var again = new RuleBench(Yaml("raise: [ { severity: P2, when: \"value < 16\", for: 1h } ]\nmax_gap: 2h\nactive: { hours: \"06:00-22:00\" }")).Point();
            again.Read(300, 15).Advance(365).Read(352, 15, arrival: 367);
            var buffer = new ArrayBufferWriter<byte>();
            again.Engine.Save(buffer);
            return RuleEngine.Load(buffer.WrittenSpan, new RuleEngineOptions(), [rule], [Context()]).Engine!;
        }

        static List<string> Continue(RuleEngine engine)
        {
            var output = new List<AlarmTransition>();
            engine.Apply(new Reading(Room, Ms(400), ReadingValue.FromNumber(15), "Cel"), Ms(415), output);
            engine.Advance(Ms(600), output);
            return output.ConvertAll(Show);
        }
    }
}
