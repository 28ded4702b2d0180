using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// Stops alarms of which an inhibitor is active on the same asset or above, and holds those that may still get one. An alarm without an asset has no parents: absent never equals absent.
/// </summary>
internal sealed class ParentStage(IDeskSite site, ActiveAlarms active) : ISuppressionStage
{
    public string Name => "parent-down";

    public SuppressionVerdict? Judge(DeskAlarm alarm, long eventMs)
    {
        if (alarm.Asset is null || site.RuleOf(alarm.Raised.Rule) is not { InhibitedBy.Count: > 0 } rule) return null;
        foreach (var inhibitor in rule.InhibitedBy)
        {
            foreach (var asset in alarm.Path)
            {
                foreach (var parent in active.On(inhibitor, asset))
                {
                    if (MayInhibit(parent, alarm)) return new SuppressionVerdict(SuppressionReason.ParentDown, parent.Id, long.MaxValue);
                }
            }
        }
        return eventMs < alarm.WaitUntilMs ? new SuppressionVerdict(SuppressionReason.ParentWait, null, alarm.WaitUntilMs) : null;
    }

    /// <summary>How long after its raise the alarm is held, ms; 0 when nothing can inhibit it.</summary>
    public long WaitMs(DeskAlarm alarm)
    {
        if (alarm.Asset is null || site.RuleOf(alarm.Raised.Rule) is not { InhibitedBy.Count: > 0 } rule) return 0;
        long? wait = null;
        foreach (var id in rule.InhibitedBy)
        {
            if (site.RuleOf(id) is not { } inhibitor) continue;
            // Both fell silent at the same moment, but the parent's silence may take longer to be told.
            var later = alarm.Raised.NoData && IsAboutSilence(inhibitor) && rule.NoData is { } own && inhibitor.NoData is { } other ? other.After - own.After : TimeSpan.Zero;
            wait = Math.Max(wait ?? 0, AlarmDesk.ParentWinsMs + Math.Max(0, (long)later.TotalMilliseconds));
        }
        return wait ?? 0;
    }

    private static bool IsAboutSilence(RuleDefinition rule) => rule.Raise.Count == 0;

    /// <summary>
    /// Silence inhibits only where the rule is about silence: a meter that says nothing does not say that the mains are off. No alarm inhibits its own kind on its own asset, nor one that it is itself inhibited by: of a ring of
    /// rules one alarm is always offered.
    /// </summary>
    private bool MayInhibit(DeskAlarm parent, DeskAlarm child)
    {
        if (parent.Raised.NoData && (site.RuleOf(parent.Raised.Rule) is not { } rule || !IsAboutSilence(rule))) return false;
        if (parent.Raised.Rule == child.Raised.Rule && parent.Asset == child.Asset) return false;
        for (var above = parent; above is not null; above = above.Suppression is { Reason: SuppressionReason.ParentDown, By: { } by } ? active.Find(by) : null)
        {
            if (above == child) return false;
        }
        return true;
    }
}
