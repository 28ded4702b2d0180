using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Api;

/// <summary>The suppression line of the explain page, in the order in which an alarm passes it: engine, desk, ticket room. Each stage says whether the alarm passed it, and why not.</summary>
public static class AlarmLine
{
    public static IReadOnlyList<object> Of(AlarmView alarm, EngineReader engine, HubRegistry registry, long nowMs)
    {
        var desk = engine.Stages(alarm.Id, nowMs).ToDictionary(stage => stage.Stage, stage => stage.Verdict);
        var maxAge = alarm.Reason == AlarmReason.TooOld;
        return
        [
            Stage("disabled", alarm.Reason != AlarmReason.RuleChanged && registry.FindRule(alarm.Rule) is not null, "rule-changed"),
            Desk("maintenance", SuppressionReason.Maintenance),
            Desk("shelved", SuppressionReason.Shelved),
            Desk("parent-down", SuppressionReason.ParentDown, SuppressionReason.ParentWait),
            Stage("season", alarm.Reason != AlarmReason.NotActive, "not-active"),
            Stage("age", !maxAge, "too-old"),
            // Told, and stops nothing: the first activation has its ticket, and the others join it.
            new { stage = "flapping", passed = true, reason = alarm.Chattering ? "chattering" : null, by = (string?)null, until = (DateTimeOffset?)null },
            new { stage = "dedup", passed = true, reason = alarm.Ticket is null ? null : "on-ticket", by = alarm.Ticket, until = (DateTimeOffset?)null },
            Stage("repeat", alarm.AcknowledgedBy is null, "acknowledged", alarm.AcknowledgedBy),
        ];

        object Desk(string name, params ReadOnlySpan<SuppressionReason> reasons)
        {
            // Of an alarm that is over only what stopped it at the end is known.
            if (desk.Count == 0) return Stage(name, alarm.Suppressed is not { } last || !reasons.Contains(last), alarm.Suppressed, alarm.SuppressedBy);
            if (desk[name] is not { } verdict) return Stage(name, true, null);
            var until = verdict.Reason == SuppressionReason.Shelved ? alarm.ShelvedUntil : verdict.UntilMs < long.MaxValue ? HubJson.FromMs(verdict.UntilMs) : null;
            return new { stage = name, passed = false, reason = verdict.Reason, by = verdict.By, until };
        }
    }

    private static object Stage(string stage, bool passed, object? reason, string? by = null) => new { stage, passed, reason = passed ? null : reason, by = passed ? null : by, until = (DateTimeOffset?)null };
}
