using System.Text;
using System.Text.Json.Nodes;
using CityEdge.Contracts;

namespace CityEdge.Edge.Tests;

/// <summary>Rules <c>at: edge</c> in the agent: how they come and go, what they tell, what a kill and a bad document do to them.</summary>
public sealed class LocalRulesTests
{
    private const string Cold = "raise: [ { severity: P3, when: value < 18 } ]";

    private static JsonNode Report(FakeLink link) => JsonNode.Parse(link.All.Last(s => s.Message.Topic == "cityedge/v1/site/device/config/reported").Text)!;

    [Fact]
    public async Task A_rule_that_the_hub_gives_is_run_and_reported_and_what_it_finds_goes_into_the_spool_behind_its_reading()
    {
        await using var bench = new LocalRulesBench();
        var config = LocalRulesBench.Config(new ConfigRule("cold", 4, LocalRulesBench.Rule("cold", Cold)));
        await bench.OfferAsync(config);
        Assert.Equal($$"""{"version":"{{config.Version}}","rules":[{"id":"cold","version":4,"state":"running"}],"refused":0}""", Report(bench.Link).ToJsonString());
        Assert.True(bench.Link.All[^1].Message.Retain);
        await bench.ReadAsync(20);
        bench.Link.Lose();
        await bench.PassAsync(1);
        await bench.ReadAsync(15);
        var alarm = Assert.Single(bench.Rules.Status.Alarms);
        Assert.Equal(("cold", 4, "boiler.temperature", Severity.P3, bench.Now, 15), (alarm.Rule, alarm.Version, alarm.Point, alarm.Severity, alarm.RaisedAtMs, alarm.Value));
        var shown = JsonNode.Parse(bench.Folder.Read(RuleFolder.Alarms)!)!["alarms"]![0]!;
        Assert.Equal((alarm.Id, "题", "2026-01-01T00:01:00.000Z"), ((string?)shown["id"], (string?)shown["title"]!["zh"], (string?)shown["raised_at"]));
        await bench.PassAsync(1);
        await bench.ReadAsync(19);
        Assert.Empty(bench.Rules.Status.Alarms);
        Assert.Equal(["Raised P3 at 1m, raised at 1m, link down", "Cleared P3 at 2m, raised at 1m, link down"], bench.Story());
        Assert.All(bench.Told(), t => Assert.Equal((alarm.Id, 4), (t.AlarmId, t.RuleVersion)));
    }

    [Fact]
    public async Task A_link_that_returns_hears_what_stands_behind_all_that_waited()
    {
        await using var bench = new LocalRulesBench();
        await bench.OfferAsync(Cold);
        bench.Link.Lose();
        await bench.ReadAsync(15);
        await bench.PassAsync(30);
        bench.Link.RaiseConnected();
        bench.Rules.OnConnected();
        await bench.SettleAsync();
        Assert.Equal(["Raised P3 at 0m, raised at 0m, link down", "Standing P3 at 30m, raised at 0m, link up"], bench.Story());
        Assert.Equal(AgentFixture.Now, bench.Told()[1].SeenMs);
    }

    [Fact]
    public async Task Holds_and_silence_run_by_the_agents_clock_without_a_hub()
    {
        await using var bench = new LocalRulesBench();
        await bench.OfferAsync("raise: [ { severity: P2, when: value < 18, for: 10m } ]\nmax_gap: 1h\nno_data: { after: 40m, severity: P4 }");
        bench.Link.Lose();
        await bench.ReadAsync(15);
        await bench.PassAsync(10.01);
        await bench.PassAsync(30);
        Assert.Equal(["Raised P2 at 10m, raised at 10m, link down", "Raised P4 at 40m, raised at 40m, link down"], bench.Story());
        Assert.Equal([false, true], bench.Rules.Status.Alarms.Select(a => a.NoData));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Power_cuts_at_any_time_change_nothing_in_what_is_found_and_what_is_told_twice_has_the_same_id(int seed)
    {
        const string Lines = "raise: [ { severity: P3, when: value < 18, for: 4m }, { severity: P2, when: mean(6m) < 16 } ]\nclear: { when: value > 18.5, for: 2m }\nno_data: { after: 20m }";
        double[] values = [21, 18.2, 17, 15, 15];
        var (random, cuts) = (new Random(seed), new Random(seed + 100));
        await using var calm = new LocalRulesBench();
        await using var cut = new LocalRulesBench();
        foreach (var bench in new[] { calm, cut }) await bench.OfferAsync(Lines);
        for (var step = 0; step < 120; step++)
        {
            var (minutes, value) = (random.Next(12) == 0 ? random.Next(60) : 1 + random.Next(3), values[random.Next(5)]);
            foreach (var bench in new[] { calm, cut })
            {
                await bench.PassAsync(minutes);
                await bench.ReadAsync(value);
            }
            if (cuts.Next(4) == 0) await cut.CutAsync(cuts);
            else if (cuts.Next(8) == 0) await cut.RestartAsync();
            await cut.SettleAsync();
            Assert.Equal(calm.Rules.Status.Alarms, cut.Rules.Status.Alarms);
        }
        string[] Ids(LocalRulesBench bench) => [.. bench.Told().Where(t => t.Change != EdgeAlarmChange.Standing).Select(t => t.ToEvent().Id).Distinct()];
        Assert.Equal(Ids(calm), Ids(cut));
        Assert.True(Ids(calm).Length > 10, $"only {Ids(calm).Length} changes");
    }

    [Fact]
    public async Task A_configuration_replaces_the_one_before_as_a_whole_and_an_empty_one_withdraws_the_rules()
    {
        await using var bench = new LocalRulesBench();
        await bench.OfferAsync(Cold);
        await bench.ReadAsync(15);
        await bench.OfferAsync(LocalRulesBench.Config(new ConfigRule("hot", 1, LocalRulesBench.Rule("hot", "raise: [ { severity: P1, when: value > 30 } ]"))));
        Assert.Empty(bench.Rules.Status.Alarms);
        await bench.PassAsync(1);
        await bench.ReadAsync(35);
        Assert.Equal("hot", Assert.Single(bench.Rules.Status.Alarms).Rule);
        await bench.OfferAsync(LocalRulesBench.Config());
        Assert.Empty(bench.Rules.Status.Alarms);
        var told = bench.Told().Count;
        await bench.PassAsync(1);
        await bench.ReadAsync(36);
        await bench.RestartAsync();
        await bench.SettleAsync();
        Assert.Equal(told, bench.Told().Count);
        Assert.Empty(bench.Rules.Status.Report.Rules);
        Assert.Null(bench.Folder.Read(RuleFolder.State));
        Assert.DoesNotContain(bench.Spool.Log.Stats.Cursors, c => c.Name == "rules");
    }

    [Fact]
    public async Task An_alarm_that_outlives_an_edit_of_its_rule_is_told_under_the_new_version()
    {
        await using var bench = new LocalRulesBench();
        await bench.OfferAsync(Cold);
        await bench.ReadAsync(15);
        await bench.PassAsync(1);
        await bench.OfferAsync(LocalRulesBench.Config(new ConfigRule("cold", 2, LocalRulesBench.Rule("cold", "raise: [ { severity: P3, when: value < 17 } ]"))));
        await bench.SettleAsync();
        var told = bench.Told();
        Assert.Equal([(EdgeAlarmChange.Raised, 1), (EdgeAlarmChange.Standing, 2)], told.Select(t => (t.Change, t.RuleVersion)));
        Assert.Equal(told[0].AlarmId, told[1].AlarmId);
        Assert.Equal(2, Assert.Single(bench.Rules.Status.Alarms).Version);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"version":"1"}""")]
    [InlineData("""{"version":"1","zone":"Asia/Shanghai","rules":[{"id":"x","version":1}]}""")]
    [InlineData("""{"version":"1","zone":"Asia/Shanghai","rules":[null]}""")]
    [InlineData("""{"version":"1","zone":"Asia/Shanghai","points":[{"name":"a b","kind":"temperature"}]}""")]
    [InlineData("""{"version":"1","zone":"Asia/Shanghai","points":[{"name":"a","kind":"colour"}]}""")]
    public async Task A_document_that_cannot_be_read_is_counted_kept_and_told_and_the_one_before_stays(string payload)
    {
        await using var bench = new LocalRulesBench();
        await bench.OfferAsync(Cold);
        bench.Rules.Offer(Encoding.UTF8.GetBytes(payload));
        await bench.SettleAsync();
        Assert.Equal(payload, Encoding.UTF8.GetString(bench.Folder.Read(RuleFolder.Refused)!));
        var report = Report(bench.Link);
        Assert.Equal(1, (int)report["refused"]!);
        Assert.StartsWith("not a configuration: ", (string?)report["error"], StringComparison.Ordinal);
        Assert.Equal("running", (string?)report["rules"]![0]!["state"]);
        await bench.ReadAsync(15);
        Assert.Single(bench.Rules.Status.Alarms);
        await bench.RestartAsync();
        await bench.SettleAsync();
        Assert.Single(bench.Rules.Status.Alarms);
    }

    [Fact]
    public async Task A_rule_that_this_agent_cannot_run_is_refused_alone_with_its_place()
    {
        await using var bench = new LocalRulesBench();
        await bench.OfferAsync(LocalRulesBench.Config(
            new ConfigRule("cold", 1, LocalRulesBench.Rule("cold", Cold)),
            new ConfigRule("future", 2, LocalRulesBench.Rule("future", "raise: [ { severity: P3, when: clairvoyance(1h) } ]")),
            new ConfigRule("group", 3, LocalRulesBench.Rule("group", "raise: [ { severity: P3, when: \"votes(2, value < 18)\" } ]"))));
        var rules = bench.Rules.Status.Report.Rules;
        Assert.Equal(["running", "refused", "refused"], rules.Select(r => r.State));
        Assert.Contains("future:5:", rules[1].Error, StringComparison.Ordinal);
        Assert.Contains("group:4:", rules[2].Error, StringComparison.Ordinal);
        await bench.ReadAsync(15);
        Assert.Single(bench.Rules.Status.Alarms);
    }

    [Fact]
    public async Task Seasons_are_those_of_the_hubs_calendar_and_one_that_is_not_understood_refuses_the_rules()
    {
        await using var bench = new LocalRulesBench();
        var config = LocalRulesBench.Config(new ConfigRule("cold", 1, LocalRulesBench.Rule("cold", Cold + "\nactive: { season: heating }")));
        await bench.OfferAsync(config with { Calendar = "seasons: { heating: [ 2025-06-01..2025-07-01 ] }" });
        await bench.ReadAsync(15);
        Assert.Empty(bench.Rules.Status.Alarms);
        await bench.OfferAsync(config with { Version = "2", Calendar = "seasons: { heating: [ 2025-11-01..2026-07-01 ] }" });
        await bench.PassAsync(1);
        await bench.ReadAsync(14);
        Assert.Single(bench.Rules.Status.Alarms);
        await bench.OfferAsync(config with { Version = "3", Calendar = "seasons: winter" });
        Assert.Contains("calendar", Assert.Single(bench.Rules.Status.Report.Rules, r => r.State == "refused").Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RuleFolder.State)]
    [InlineData(RuleFolder.Config)]
    public async Task A_damaged_file_is_said_and_survived(string file)
    {
        await using var bench = new LocalRulesBench();
        await bench.OfferAsync(Cold);
        await bench.ReadAsync(15);
        await bench.RestartAsync();
        await bench.SettleAsync();
        var bytes = bench.Folder.Read(file)!;
        bytes[bytes.Length / 2] ^= 0xFF;
        bench.Folder.Write(file, bytes.AsSpan(0, bytes.Length - 5));
        await bench.CutAsync(new Random(1));
        await bench.SettleAsync();
        await bench.PassAsync(1);
        await bench.ReadAsync(14);
        if (file == RuleFolder.Config) Assert.Equal((1, 0), (bench.Rules.Status.Report.Refused, bench.Rules.Status.Alarms.Count));
        await bench.OfferAsync(Cold);
        await bench.PassAsync(1);
        await bench.ReadAsync(13);
        Assert.Single(bench.Rules.Status.Alarms);
    }
}
