using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Ingest;

/// <summary>Brings the alarm desk back, as of the moment of the recovered engine.</summary>
public static class DeskRecovery
{
    /// <summary>From its part of the snapshot; else with what the engine holds open, and the shelves and windows that the store knows: they are the newest, and folding the journal comes to them again.</summary>
    public static AlarmDesk Load(RecoveredEngine recovered, IDeskSite site, TimeZoneInfo zone, TicketStore tickets, HubRegistry registry, long nowMs, ILogger log)
    {
        if (recovered.Desk is { } saved)
        {
            if (AlarmDesk.Load(saved.Span, site, zone) is { } loaded) return loaded;
            log.LogError("The alarm desk's part of the snapshot is damaged. It starts with the alarms, shelves and maintenance windows that engine and store hold; an alarm that was suppressed until now may open its ticket.");
        }
        var desk = new AlarmDesk(site, zone);
        foreach (var state in registry.Points.Select(p => p.Id).OrderBy(id => id.ToString(), StringComparer.Ordinal).SelectMany(recovered.Engine.Explain))
        {
            if (state is { AlarmId: { } id, SinceMs: { } since, Severity: { } severity })
                desk.Adopt(new AlarmTransition(id, state.Rule, state.RuleVersion, state.Point, AlarmChange.Raised, severity, since, since, state.LastValue, AlarmReason.ConditionHeld, state.Dispatched));
            if (state is { NoDataAlarmId: { } silence, NoDataSinceMs: { } from })
                desk.Adopt(new AlarmTransition(silence, state.Rule, state.RuleVersion, state.Point, AlarmChange.Raised, state.Severity ?? Severity.P4, from, from, null, AlarmReason.NoData, true, NoData: true));
        }
        var unheard = new List<DeskDecision>();
        foreach (var shelf in tickets.Shelves())
        {
            if (PointId.TryParse(shelf.Point, out var point)) desk.Shelve(shelf.Rule, point, shelf.Until.ToUnixTimeMilliseconds(), nowMs, unheard);
        }
        foreach (var window in tickets.MaintenanceWindows())
        {
            if (MaintenanceReader.Read(window, zone) is { } readable) desk.SetMaintenance(readable, nowMs, unheard);
        }
        return desk;
    }
}
