namespace CityEdge.Faults.Tests;

/// <summary>Timers are data: a restart at minute 9 of a 10-minute hold fires at 10 (design §2, promise 4).</summary>
public sealed class HoldRestartTests(ITestOutputHelper output) : IDisposable
{
    private const string Rule = """
        id: ten-minutes-cold
        title: { zh: 十分钟过冷, en: Cold for ten minutes }
        signal: temperature
        where: { site: hold }
        raise:
          - { severity: P2, when: "value < 18", for: 10m }
        clear: { when: "value >= 18" }
        ticket: { category: heating.hold, sla: P3, public: true, wait: 0s, self_clear: 1h }
        """;

    /// <summary>Event time of the last reading in the hold, 9:40: a restart on a crowded machine is over before 10:00.</summary>
    private const long LastMs = 580_000;

    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hold_of_ten_minutes_that_a_restart_interrupts_raises_at_10_00_once(bool killed)
    {
        await using var hub = new MortalHub(folder["hub"]);
        await hub.StartAsync();
        await hub.Now.PutRuleAsync(Rule);
        var clock = TimeProvider.System;
        long Now() => clock.GetUtcNow().ToUnixTimeMilliseconds();
        var t0 = Now() - LastMs;
        var times = Enumerable.Range(0, 10).Select(minute => t0 + minute * 60_000L).Append(t0 + LastMs).ToList();
        await Evidence.PublishAsync(hub.Mqtt, "hold", "stays-cold", times.Select(t => ("room.temperature", t, 15.0)));
        await Evidence.PublishAsync(hub.Mqtt, "hold", "warms-up", times.Select(t => ("room.temperature", t, 15.0)));
        await hub.Now.DrainAsync(TimeSpan.FromSeconds(10));
        Assert.Empty(await Evidence.AlarmsAsync(hub.Now, "ten-minutes-cold"));
        await (killed ? hub.KillAsync() : hub.StopAsync());
        await hub.StartAsync();
        var up = Now();
        // Its event clock stands at 9:40 and some: a good reading of 9:55 says that it was not cold for ten minutes.
        await Evidence.PublishAsync(hub.Mqtt, "hold", "warms-up", [("room.temperature", t0 + 595_000, 21.0)]);
        await Wait.UntilAsync("the alarm", async () => (await Evidence.AlarmsAsync(hub.Now, "ten-minutes-cold")).Count > 0, TimeSpan.FromSeconds(60), () => hub.Now.Child.Errors);
        var seen = Now();
        output.WriteLine($"restart done {up - t0 - 600_000} ms, alarm seen {seen - t0 - 600_000} ms after the hold's end");
        // The event clock is at t0 + 580 s when the last reading arrives, a moment after that: never early.
        Assert.True(seen >= t0 + 600_000, $"The alarm rose {t0 + 600_000 - seen} ms early.");
        Assert.True(seen <= Math.Max(up, t0 + 600_000) + 5000, $"The alarm rose {seen - t0 - 600_000} ms after the hold's end.");
        await AssertOneAsync(hub.Now, t0);
        // Raised by the clock, not by a record: the next start must know that it was.
        await (killed ? hub.KillAsync() : hub.StopAsync());
        await hub.StartAsync();
        await Evidence.PublishAsync(hub.Mqtt, "hold", "stays-cold", [("room.temperature", t0 + 605_000, 15.0)]);
        await hub.Now.DrainAsync(TimeSpan.FromSeconds(10));
        await AssertOneAsync(hub.Now, t0);
        await hub.StopAsync();
        Evidence.AssertNotices(folder["hub"], 1);
    }

    private static async Task AssertOneAsync(HubProcess hub, long t0)
    {
        var alarm = Assert.Single(await Evidence.AlarmsAsync(hub, "ten-minutes-cold"));
        Assert.Equal("hold/stays-cold/room.temperature", alarm.GetProperty("point").GetString());
        Assert.Equal(t0 + 600_000, Evidence.Ms(alarm, "raised_at"));
        Assert.Null(Evidence.Ms(alarm, "cleared_at"));
        var ticket = Assert.Single(await hub.ListAsync("/api/v1/tickets?category=heating.hold"));
        Assert.Equal(t0 + 600_000, Evidence.Ms(ticket, "opened_at"));
        Assert.Single(await Evidence.StoriesAsync(hub, "heating.hold"));
    }

    public void Dispose() => folder.Dispose();
}
