using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Ingest;

/// <summary>The alarm desk's part of the fold: transitions pass it on their way to the ticket room, and what people do at it is folded like everything else.</summary>
public sealed partial class RuleFold
{
    private readonly List<DeskDecision> decisions = [];

    /// <summary>Transitions pass the desk and become the ticket room's inputs, in their order.</summary>
    public void Emit(IReadOnlyList<AlarmTransition> emitted, long arrivalMs, Effects effects)
    {
        foreach (var transition in emitted)
        {
            if (rules.ContainsKey(transition.Rule)) desk.Apply(transition, arrivalMs, decisions);
        }
        Write(arrivalMs, effects);
    }

    private void Write(long arrivalMs, Effects effects)
    {
        foreach (var decision in decisions)
        {
            if (decision.Transition is { } transition && rules.TryGetValue(transition.Rule, out var rule))
            {
                var input = TicketRouting.Input(transition, rule, registry, arrivalMs);
                effects.Add(tx => tx.Apply(input));
                effects.Touch(transition.Point);
                metrics.Transition(transition);
            }
            if (decision.Status is { } status)
            {
                var id = decision.AlarmId;
                effects.Add(tx => tx.SetStanding(id, status.Standing, status.Suppressed, status.By, status.Chattering));
                if (status.Suppressed is { } because && decision.Transition?.Change != AlarmChange.Cleared) metrics.Suppressed(because);
            }
            effects.Points.Add(decision.Point);
        }
        decisions.Clear();
    }

    private void FoldDesk(DeskChange act, string actor, in LogRecord record, Effects effects)
    {
        var atMs = record.TimeMs;
        foreach (var alarm in act.Alarms)
        {
            if (!PointId.TryParse(alarm.Point, out var point)) continue;
            var until = act.UntilMs;
            switch (act.Action)
            {
                case DeskAction.Ack:
                    desk.Acknowledge(alarm.Id, decisions);
                    break;
                case DeskAction.Shelve when act.UntilMs is { } end:
                    until = desk.Shelve(alarm.Rule, point, end, atMs, decisions);
                    break;
                case DeskAction.Unshelve:
                    desk.Unshelve(alarm.Rule, point, atMs, decisions);
                    break;
            }
            effects.Add(tx => tx.Act(new AlarmAct(act.Action, alarm.Id, alarm.Rule, alarm.Point, until, actor, act.Reason, atMs)));
        }
        switch (act.Action)
        {
            case DeskAction.Maintain when act.Window is { } window && MaintenanceReader.Read(window, zone) is { } readable:
                desk.SetMaintenance(readable, atMs, decisions);
                effects.Add(tx => tx.Put(window));
                break;
            case DeskAction.EndMaintenance when act.Window is { Id: var id }:
                desk.RemoveMaintenance(id, atMs, decisions);
                effects.Add(tx => tx.RemoveMaintenance(id));
                break;
        }
        Write(atMs, effects);
    }
}
