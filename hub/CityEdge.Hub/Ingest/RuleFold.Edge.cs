using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Ingest;

/// <summary>What agents say of alarms of rules <c>at: edge</c>: folded in its place among their readings, and the same alarm as the hub's own.</summary>
public sealed partial class RuleFold
{
    private void ApplyEdge(DeviceEntry device, CloudEvent cloudEvent, PublishRecord publish, in LogRecord record, Effects effects)
    {
        if (EdgeAlarm.Read(device.Site, device.Device, cloudEvent, out var error) is not { } said)
        {
            Refuse(record, effects, publish.Topic, device.Id, new Refusal(RefusalReason.BadRecord, $"{error}; it is kept as an event and raises nothing.", -1), publish.Payload);
            return;
        }
        transitions.Clear();
        var verdict = engine.ApplyEdge(said, record.TimeMs, transitions);
        metrics.Edge(JsonNamingPolicy.KebabCaseLower.ConvertName(verdict.ToString()));
        Emit(transitions, record.TimeMs, effects);
        var now = engine.EventNow(said.Point, record.TimeMs);
        FireDeadlines(said.Point, now, effects);
        if (verdict is not (EdgeVerdict.Same or EdgeVerdict.Adopted or EdgeVerdict.OpenAlready) || said.Change is EdgeAlarmChange.Cleared or EdgeAlarmChange.SeverityChanged) return;
        if (AlarmOf(said) is not { } alarm) return;
        var act = new AlarmAct(DeskAction.SeenAtEdge, alarm, said.Rule, said.Point.ToString(), null, $"agent {device.Id}", said.LinkUp ? "up" : "down", said.RaisedAtMs);
        effects.Add(tx => tx.Act(act));
    }

    /// <summary>The one alarm of the rule on the point that this is: the open one, or the one of the same raise, which may be over.</summary>
    private string? AlarmOf(EdgeAlarm said)
    {
        var state = engine.Explain(said.Point).FirstOrDefault(s => s.Rule == said.Rule);
        var open = said.NoData ? state?.NoDataAlarmId : state?.AlarmId;
        return open ?? (AlarmIds.Of(said.Rule, said.Point, said.NoData, said.RaisedAtMs) is var id && id == said.AlarmId ? id : null);
    }

    private static void FoldReport(DeviceEntry device, string reported, Effects effects)
    {
        device.ReportedJson = reported;
        effects.Add(tx => RegistryTables.SaveReported(tx.Connection, device.Id, reported));
        effects.Devices.Add(device.Id);
    }
}
