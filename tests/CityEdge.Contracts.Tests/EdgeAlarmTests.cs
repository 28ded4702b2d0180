using System.Text;
using System.Text.Json;

namespace CityEdge.Contracts.Tests;

/// <summary>What agents say of alarms, and the configuration documents, over the wire.</summary>
public class EdgeAlarmTests
{
    private static readonly EdgeAlarm Alarm = new(new string('7', 32), "cold", 3, new PointId("site", "kiosk-7", "pipe.temperature"), EdgeAlarmChange.SeverityChanged, Severity.P2, 1_767_225_660_000, 1_767_225_600_123, 15.25, false, 1_767_225_650_000, true);

    [Fact]
    public void An_alarm_is_an_event_of_the_contract_and_comes_back_as_it_was()
    {
        var sent = Alarm.ToEvent();
        Assert.Equal(("cityedge.device.alarm", "site/kiosk-7", "pipe.temperature", $"{Alarm.AlarmId}-severity-changed-1767225660000"), (sent.Type, sent.Source, sent.Subject, sent.Id));
        Assert.Equal(
            $$"""{"alarm":"{{Alarm.AlarmId}}","rule":"cold","rule_version":3,"change":"severity-changed","severity":"P2","at":"2026-01-01T00:01:00.000Z","raised_at":"2026-01-01T00:00:00.123Z","value":15.25,"no_data":false,"seen":"2026-01-01T00:00:50.000Z","link":"up"}""",
            sent.Data!.Value.GetRawText());
        foreach (var alarm in new[] { Alarm, Alarm with { Value = null, NoData = true, SeenMs = null, LinkUp = false, Change = EdgeAlarmChange.Raised } })
        {
            var wire = new System.Buffers.ArrayBufferWriter<byte>();
            CloudEventJson.Encode(wire, alarm.ToEvent());
            Assert.Equal(alarm, EdgeAlarm.Read("site", "kiosk-7", Assert.Single(CloudEventJson.Decode(wire.WrittenSpan).Events), out var error));
            Assert.Null(error);
        }
    }

    [Theory]
    [InlineData("alarm", "\"short\"")]
    [InlineData("rule", "\"\"")]
    [InlineData("rule_version", "1.5")]
    [InlineData("rule_version", "\"1\"")]
    [InlineData("change", "\"exploded\"")]
    [InlineData("severity", "\"P9\"")]
    [InlineData("severity", "\"3\"")]
    [InlineData("at", "\"yesterday\"")]
    [InlineData("at", "\"2020-01-01T00:00:00Z\"")]
    [InlineData("raised_at", "12")]
    public void What_says_less_than_it_must_is_refused_by_name(string field, string value)
    {
        var fields = Alarm.ToEvent().Data!.Value.EnumerateObject().Select(p => $"\"{p.Name}\":{(p.Name == field ? value : p.Value.GetRawText())}");
        var data = JsonSerializer.Deserialize<JsonElement>($"{{{string.Join(',', fields)}}}");
        Assert.Null(EdgeAlarm.Read("site", "kiosk-7", Alarm.ToEvent() with { Data = data }, out var error));
        Assert.Contains($"data.{field}", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_subject_that_is_no_point_or_no_data_is_refused()
    {
        Assert.Null(EdgeAlarm.Read("site", "kiosk-7", Alarm.ToEvent() with { Subject = null }, out var error));
        Assert.Contains("subject", error, StringComparison.Ordinal);
        Assert.Null(EdgeAlarm.Read("site", "kiosk-7", Alarm.ToEvent() with { Data = null }, out error));
        Assert.Contains("data", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_comes_back_as_it_was()
    {
        var config = new DeviceConfig
        {
            Version = "7",
            Zone = "Asia/Shanghai",
            Rules = [new ConfigRule("cold", 1, "id: cold")],
            Points = [new ConfigPoint { Name = "t", Kind = "temperature", Unit = "Cel", Asset = "room-1", Labels = new Dictionary<string, string> { ["role"] = "room" }, Attributes = new Dictionary<string, string> { ["limit"] = "12.5" } }],
            LeftOut = ["large"],
        };
        var wire = Encoding.UTF8.GetString(DeviceConfigJson.Encode(config));
        Assert.Equal("""{"version":"7","zone":"Asia/Shanghai","rules":[{"id":"cold","version":1,"yaml":"id: cold"}],"points":[{"name":"t","kind":"temperature","unit":"Cel","asset":"room-1","labels":{"role":"room"},"attributes":{"limit":"12.5"}}],"left_out":["large"]}""", wire);
        var read = DeviceConfigJson.Decode(DeviceConfigJson.Encode(config), out var error);
        Assert.Null(error);
        Assert.Equal(wire, Encoding.UTF8.GetString(DeviceConfigJson.Encode(read!)));
    }
}
