using System.Text.Json;

namespace CityEdge.Tests.Servers;

/// <summary>The rule that the tests run over the machine temperature recording, and what it must give.</summary>
public static class MachineRule
{
    public const string Yaml = """
        id: machine-cold
        title: { zh: 机器温度过低, en: Machine too cold }
        signal: temperature
        where: { device: kiosk-0007 }
        raise:
          - { severity: P3, when: "value < 70", for: 30m }
        clear: { when: "value >= 75", for: 30m }
        ticket: { category: machine.temperature, sla: P3, public: true, wait: 0s, self_clear: 0s, reopen: 0s }
        """;

    public static IReadOnlyList<(long RaisedMs, long? ClearedMs)> Expected(NabFile file) => file.Alarms(70, 75, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(30));

    /// <summary>The agent's configuration that replays the recording as a boiler's sensor.</summary>
    public static string AgentYaml(NabFile file, string hub, string spool, string speed = "max") => $$"""
        site: bj-chaoyang-01
        device: kiosk-0007
        hub: { url: "mqtt://{{hub}}" }
        spool: { dir: {{spool}}, max_bytes: 64MiB, when_full: refuse }
        adapters:
          - { id: boiler, type: replay, file: {{file.Path}}, time: timestamp, zone: UTC, start: recorded, speed: {{speed}},
              points: [ { name: boiler.temperature, column: value, kind: temperature, unit: Cel } ] }
        """;

    /// <summary>Asserts that the hub holds exactly the alarms and tickets of the reference, at the same event times.</summary>
    public static async Task AssertTicketsAsync(HubProcess hub, NabFile file)
    {
        var expected = Expected(file);
        Assert.NotEmpty(expected);
        var alarms = (await hub.ListAsync("/api/v1/alarms?rule=machine-cold")).Select(a => (Ms(a, "raised_at")!.Value, Ms(a, "cleared_at"))).Order().ToList();
        Assert.Equal(expected.Order(), alarms);
        var tickets = await hub.ListAsync("/api/v1/tickets?category=machine.temperature");
        Assert.Equal(expected.Select(e => e.RaisedMs).Order(), tickets.Select(t => Ms(t, "raised_at")!.Value).Order());
        foreach (var ticket in tickets)
        {
            Assert.Equal("self-cleared", ticket.GetProperty("state").GetString());
            Assert.Single(ticket.GetProperty("alarms").EnumerateArray());
            Assert.Equal(Ms(ticket, "raised_at"), Ms(ticket, "opened_at"));
        }
    }

    private static long? Ms(JsonElement item, string name) => item.GetProperty(name) is { ValueKind: JsonValueKind.String } time ? time.GetDateTimeOffset().ToUnixTimeMilliseconds() : null;
}
