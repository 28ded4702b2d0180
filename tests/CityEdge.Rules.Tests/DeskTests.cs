using System.Buffers;
using System.Diagnostics;
using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>The alarm desk: what is offered to the ticket room, when, and why not. Vectors at, before and after each limit.</summary>
public class DeskTests
{
    internal static readonly string Cold = Yaml("where: { role: room }\nraise: [ { severity: P3, when: value < 18 } ]\ninhibited_by: [gateway-silent]", "cold");
    internal static readonly string Plain = Yaml("where: { role: plain }\nraise: [ { severity: P3, when: value < 18 } ]", "plain");
    internal static readonly string Silent = Yaml("where: { role: lamp }\nno_data: { after: 2m }\ninhibited_by: [gateway-silent]", "lamp-silent");
    internal static readonly string Gateway = Yaml("where: { role: gateway }\nno_data: { after: 3m }", "gateway-silent");

    private static DeskBench Bench() => new DeskBench(Cold, Plain, Silent, Gateway).Point("a", "street/gw/room").Point("p", "street/shed", role: "plain");

    [Fact]
    public void An_alarm_that_nothing_can_inhibit_is_offered_at_once()
    {
        Assert.Equal("p Raised! at 1", Bench().Read("p", 1, 15).News());
        Assert.Equal("a Raised! at 1", new DeskBench(Cold).Point("a", "gw").Read("a", 1, 15).News());
        Assert.Equal("a Raised! at 1", new DeskBench(Cold, Gateway).Point("a", "").Read("a", 1, 15).News());
    }

    [Fact]
    public void A_parent_wins_up_to_sixty_seconds_later_and_not_after()
    {
        // The gateway's last word is at 0, so it is silent past minute 3.
        var won = Bench().Point("g", "street/gw", role: "gateway").Read("g", 0, 20).Read("a", 2.5, 15);
        Assert.Equal("a Raised at 2.5 -> SuppressedByDesign (ParentWait)", won.News());
        Assert.Equal("g Raised! at 3; a -> SuppressedByDesign (ParentDown)", won.Advance(3.1).News());
        Assert.Equal("", won.Advance(600).News());
        var late = Bench().Point("g", "street/gw", role: "gateway").Read("g", 0, 20).Read("a", 1.9, 15);
        late.News();
        Assert.Equal("", late.Advance(2.9).News());
        Assert.Equal("a Offered! at 2.9 -> ActiveUnack", late.Advance(2.95).News());
        Assert.Equal("g Raised! at 3", late.Advance(3.1).News());
    }

    [Fact]
    public void A_parent_on_the_same_asset_or_above_inhibits_and_one_beside_does_not()
    {
        foreach (var (place, inhibits) in ((string, bool)[])[("street", true), ("street/gw", true), ("street/gw/room", true), ("street/other", false), ("street/gw/room/wall", false), ("", false)])
        {
            var bench = Bench().Point("g", place, role: "gateway").Advance(3.5).Read("a", 4, 15).Advance(30);
            Assert.Equal(inhibits ? 1 : 2, bench.Offered().Count());
        }
    }

    [Fact]
    public void Children_of_a_parent_that_is_gone_get_a_minute_to_clear_with_it()
    {
        var bench = Bench().Point("b", "street/gw/room2").Point("g", "street/gw", role: "gateway").Advance(3.5).Read("a", 4, 15).Read("b", 4, 15).Advance(10);
        bench.News();
        Assert.Equal("g Cleared! at 11 -> RtnUnack; a -> SuppressedByDesign (ParentWait); b -> SuppressedByDesign (ParentWait)", bench.Read("g", 11, 20).News());
        Assert.Equal("a Cleared at 11.5 -> Normal (ParentWait)", bench.Read("a", 11.5, 20).News());
        Assert.Equal("b Offered! at 12 -> ActiveUnack", bench.Advance(12.5).News());
    }

    [Fact]
    public void A_silent_child_waits_as_much_longer_as_its_parent_needs_to_tell_of_the_same_silence()
    {
        // Both fall silent at 10: the lamp says so at 12, the gateway at 13.
        var bench = Bench().Point("l", "street/gw/lamp", role: "lamp").Point("g", "street/gw", role: "gateway");
        for (var at = 0; at <= 10; at++) bench.Read("l", at, 20).Read("g", at, 20);
        bench.News();
        Assert.Equal("l Raised at 12 -> SuppressedByDesign (ParentWait)", bench.Advance(12.9).News());
        Assert.Equal("g Raised! at 13; l -> SuppressedByDesign (ParentDown)", bench.Advance(60).News());
        // A lamp that is silent alone: a minute and the difference.
        bench.Read("l", 61, 20).Read("g", 61, 20).News();
        for (var at = 62; at <= 80; at++) bench.Read("g", at, 20);
        Assert.Equal("l Raised at 63 -> SuppressedByDesign (ParentWait); l Offered! at 65 -> ActiveUnack", bench.News());
    }

    [Fact]
    public void Silence_of_a_meter_is_not_the_fault_that_the_meter_would_tell_of()
    {
        var mains = Yaml("where: { role: mains }\nraise: [ { severity: P1, when: value < 1 } ]\nno_data: { after: 2m }", "mains-off");
        var room = Yaml("where: { role: room }\nraise: [ { severity: P3, when: value < 18 } ]\ninhibited_by: [mains-off]", "cold");
        var silent = new DeskBench(mains, room).Point("m", "street", role: "mains").Point("a", "street/gw").Advance(3).Read("a", 4, 15).Advance(6);
        Assert.Equal(2, silent.Offered().Count());
        var off = new DeskBench(mains, room).Point("m", "street", role: "mains").Point("a", "street/gw").Read("m", 1, 0).Read("a", 1, 15).Advance(2.5);
        Assert.Single(off.Offered());
    }

    [Fact]
    public void Of_rules_that_inhibit_each_other_one_is_offered()
    {
        string Ring(string id, string by, double limit) => Yaml($"raise: [ {{ severity: P3, when: value < {limit} }} ]\ninhibited_by: [{by}]", id);
        var bench = new DeskBench(Ring("one", "two", 18), Ring("two", "three", 18), Ring("three", "one", 18)).Point("a", "x");
        Assert.Single(bench.Read("a", 1, 15).Advance(30).Offered());
    }

    [Fact]
    public void A_shelf_outlives_the_occurrence_returns_by_itself_and_tells_anew_what_still_stands()
    {
        var bench = Bench().Shelve("plain", "p", 0, 60);
        Assert.Equal("p Raised at 1 -> Shelved (Shelved)", bench.Read("p", 1, 15).News());
        Assert.Equal("p Cleared at 2 -> Normal (Shelved); p Raised at 3 -> Shelved (Shelved)", bench.Read("p", 2, 20).Read("p", 3, 15).News());
        Assert.Equal("", bench.Advance(60).News());
        Assert.Equal("p Offered! at 60 -> ActiveUnack", bench.Advance(60.1).News());
    }

    [Fact]
    public void An_offered_alarm_that_is_shelved_comes_back_unacknowledged_and_is_not_offered_twice()
    {
        var bench = Bench().Read("p", 1, 15);
        bench.Desk.Acknowledge(bench.Output[0].AlarmId, bench.Output);
        Assert.Equal("p Raised! at 1; p -> ActiveAck", bench.News());
        Assert.Equal("p -> Shelved (Shelved)", bench.Shelve("plain", "p", 2, 30).News());
        Assert.Equal("p -> ActiveUnack", bench.Advance(31).News());
        bench.Shelve("plain", "p", 32, 90).News();
        bench.Desk.Unshelve("plain", DeskBench.Id("p"), Ms(33), bench.Output);
        Assert.Equal("p -> ActiveUnack", bench.News());
        Assert.Single(bench.Offered());
    }

    [Fact]
    public void No_shelf_lasts_longer_than_a_day()
    {
        var bench = Bench().Shelve("plain", "p", 0, 100_000).Read("p", 1, 15);
        bench.News();
        Assert.Equal("", bench.Advance(1440).News());
        Assert.Equal("p Offered! at 1440 -> ActiveUnack", bench.Advance(1440.1).News());
    }

    [Theory]
    [InlineData("street", null, null, true)]
    [InlineData("street/shed", null, null, true)]
    [InlineData("gw", null, null, false)]
    [InlineData(null, "p", null, true)]
    [InlineData(null, "a", null, false)]
    [InlineData(null, null, "plain", true)]
    [InlineData(null, null, "cold", false)]
    [InlineData("street", "p", "cold", false)]
    [InlineData("street", "p", "plain", true)]
    public void Maintenance_covers_what_all_its_parts_cover(string? asset, string? point, string? rule, bool covers)
    {
        var bench = Bench().Maintain("w", 0, 10, 20, asset?.Split('/')[^1], point, rule).Read("p", 15, 15);
        Assert.Equal(covers ? "p Raised at 15 -> OutOfService (Maintenance)" : "p Raised! at 15", bench.News());
    }

    [Fact]
    public void What_still_stands_when_maintenance_ends_is_offered_then()
    {
        var bench = Bench().Maintain("w", 0, 10, 20, "shed").Read("p", 9.9, 15).Read("p", 9.95, 20).Read("p", 10, 15);
        Assert.Equal("p Raised! at 9.9; p Cleared! at 9.95 -> RtnUnack; p Raised at 10 -> OutOfService (Maintenance)", bench.News());
        Assert.Equal("", bench.Advance(30).News());
        Assert.Equal("p Offered! at 30 -> ActiveUnack", bench.Advance(30.1).News());
        Assert.Equal("p Cleared! at 31 -> RtnUnack; p Raised! at 32", bench.Read("p", 31, 20).Read("p", 32, 15).News());
    }

    [Fact]
    public void Maintenance_that_is_removed_or_moved_lets_go_at_once()
    {
        var bench = Bench().Maintain("w", 0, 10, 20, "shed").Read("p", 12, 15);
        bench.News();
        bench.Desk.RemoveMaintenance("w", Ms(13), bench.Output);
        Assert.Equal("p Offered! at 13 -> ActiveUnack", bench.News());
        var moved = Bench().Maintain("w", 0, 10, 20, "shed").Read("p", 12, 15);
        moved.News();
        Assert.Equal("p Offered! at 14 -> ActiveUnack", moved.Maintain("w", 14, 500, 20, "shed").News());
    }

    [Fact]
    public void Maintenance_that_repeats_suppresses_each_time()
    {
        // Monday 02:00 to 03:00, weekly; the bench begins on Monday at 00:00.
        var bench = Bench().Maintain("w", 0, 120, 60, "shed", repeats: "FREQ=WEEKLY;BYDAY=MO");
        bench.Read("p", 119, 15).Read("p", 119.5, 20).Read("p", 150, 15).Read("p", 151, 20).Read("p", 1440 + 150, 15).Read("p", 1440 + 151, 20).Read("p", (7 * 1440) + 150, 15).Read("p", (7 * 1440) + 151, 20);
        Assert.Equal(["True", "False", "True", "False"], bench.Output.Where(d => d.Transition?.Change == AlarmChange.Raised).Select(d => d.Transition!.Dispatch.ToString()));
    }

    [Fact]
    public void Stages_speak_in_one_order_and_explain_tells_each()
    {
        var bench = Bench().Point("g", "street/gw", role: "gateway").Advance(3.5).Shelve("cold", "a", 3, 60).Maintain("w", 3, 0, 30, "street").Read("a", 4, 15);
        Assert.Equal("g Raised! at 3; a Raised at 4 -> OutOfService (Maintenance)", bench.News());
        var (child, parent) = (bench.Output[^1].AlarmId, bench.Output[0].AlarmId);
        Assert.Equal([("maintenance", SuppressionReason.Maintenance, "w"), ("shelved", SuppressionReason.Shelved, null), ("parent-down", SuppressionReason.ParentDown, parent)],
            bench.Desk.Explain(child, Ms(5)).Select(stage => (stage.Stage, stage.Verdict!.Value.Reason, stage.Verdict.Value.By)));
        Assert.Equal("a -> Shelved (Shelved)", bench.Advance(31).News());
        Assert.Equal("a -> SuppressedByDesign (ParentDown)", bench.Advance(61).News());
        Assert.Equal([null, null, SuppressionReason.ParentDown], bench.Desk.Explain(child, Ms(62)).Select(stage => stage.Verdict?.Reason));
        Assert.Empty(bench.Desk.Explain("no such alarm", Ms(62)));
        Assert.Equal([(SuppressionReason.ParentDown, 1)], bench.Desk.Suppressed().Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void A_point_that_moves_gets_other_parents_and_a_parent_that_moves_lets_its_children_go()
    {
        var bench = Bench().Point("g", "street/gw", role: "gateway").Advance(3.5).Read("a", 4, 15).Advance(10);
        bench.News();
        Assert.Equal("a Offered! at 11 -> ActiveUnack", bench.Point("a", "elsewhere", 11).News());
        Assert.Equal("", bench.Point("a", "street/gw/room", 12).News());
        var parent = Bench().Point("g", "street/gw", role: "gateway").Advance(3.5).Read("a", 4, 15).Advance(10);
        parent.News();
        Assert.Equal("a -> SuppressedByDesign (ParentWait); a Offered! at 12 -> ActiveUnack", parent.Point("g", "street/else", 11, "gateway").Advance(13).News());
    }

    [Fact]
    public void Flapping_is_told_at_the_third_activation_within_a_minute_and_the_sixth_within_five()
    {
        string Chatter(params double[] seconds)
        {
            var bench = Bench();
            foreach (var at in seconds) bench.Read("p", at / 60, 15).Read("p", (at / 60) + 0.01, 20);
            return string.Concat(bench.Output.Where(d => d.Transition?.Change == AlarmChange.Raised).Select(d => d.Status is { Chattering: true } ? "c" : "."));
        }
        Assert.Equal("..c", Chatter(10, 30, 69));
        Assert.Equal("...", Chatter(10, 30, 70));
        Assert.Equal(".....c", Chatter(0.1, 60, 120, 180, 240, 300));
        Assert.Equal("......", Chatter(0.1, 60, 120, 180, 240, 300.2));
    }

    [Fact]
    public void A_flood_begins_with_the_eleventh_alarm_in_ten_minutes_and_ends_below_five()
    {
        var bench = Bench();
        for (var i = 0; i < 12; i++) bench.Point("p" + i, "street/shed", role: "plain");
        for (var i = 0; i < 10; i++) bench.Read("p" + i, 1 + i * 0.9, 15);
        Assert.Null(bench.Desk.FloodSinceMs(Ms(9.2)));
        bench.Read("p10", 10.9, 15);
        Assert.Equal(Ms(10.9), bench.Desk.FloodSinceMs(Ms(10.9)));
        // The fifth newest came at 1 + 6 * 0.9.
        Assert.Equal(Ms(10.9), bench.Desk.FloodSinceMs(Ms(16.39)));
        Assert.Null(bench.Desk.FloodSinceMs(Ms(16.401)));
        var slow = Bench();
        for (var i = 0; i < 11; i++) slow.Point("p" + i, "street/shed", role: "plain").Read("p" + i, i + 1, 15);
        Assert.Null(slow.Desk.FloodSinceMs(Ms(11)));
    }

    [Fact]
    public void A_damaged_snapshot_is_refused()
    {
        var bench = Bench().Point("g", "street/gw", role: "gateway").Advance(3.5).Read("a", 4, 15).Read("p", 4, 15).Shelve("cold", "a", 5, 60).Maintain("w", 5, 0, 60, "street", repeats: "FREQ=DAILY");
        var buffer = new ArrayBufferWriter<byte>();
        bench.Desk.Save(buffer);
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var damaged = buffer.WrittenSpan.ToArray();
            if (i % 2 == 0) damaged = damaged[..random.Next(damaged.Length)];
            else damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            Assert.Null(AlarmDesk.Load(damaged, bench, Shanghai));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(200)]
    [InlineData(100_000)]
    public void Any_number_of_silent_children_of_one_silent_parent_are_one_alarm_offered(int children)
    {
        // The lamps are told of a minute before their gateway; the hub restarts in between; then all come back.
        var watch = Stopwatch.StartNew();
        var bench = new DeskBench(Silent, Gateway).Point("g", "street/gw", role: "gateway");
        for (var i = 0; i < children; i++) bench.Point("l" + i, "street/gw/lamp" + i, role: "lamp");
        bench.Read("g", 1, 20);
        for (var i = 0; i < children; i++) bench.Read("l" + i, 1, 20);
        bench.Advance(3.5).Restart().Advance(30);
        var parent = Assert.Single(bench.Output, d => d.Transition is { Change: AlarmChange.Raised, Rule: "gateway-silent" });
        Assert.Equal(children, bench.Output.Count(d => d.Transition is { Change: AlarmChange.Raised, Rule: "lamp-silent" }));
        bench.Restart().Read("g", 31, 20);
        for (var i = 0; i < children; i++) bench.Read("l" + i, 31.5, 20);
        bench.Advance(33);
        Assert.Equal(0, bench.Desk.Count);
        Assert.Equal([parent.AlarmId], bench.Offered());
        TestContext.Current.SendDiagnosticMessage($"{children} children: {watch.ElapsedMilliseconds} ms");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), $"{children} children took {watch.Elapsed}");
    }
}
