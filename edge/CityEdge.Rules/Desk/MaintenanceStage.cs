using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Stops alarms whose point, rule, asset or an asset above is out of service, by the clock of the alarm's point. Of several windows the one that ends last is told.</summary>
internal sealed class MaintenanceStage(MaintenanceWindows windows) : ISuppressionStage
{
    public string Name => "maintenance";

    public SuppressionVerdict? Judge(DeskAlarm alarm, long eventMs)
    {
        if (windows.Count == 0) return null;
        SuppressionVerdict? longest = null;
        foreach (var window in windows.Of(alarm))
        {
            if (window.EndAt(eventMs) is not { } end || (longest is { } other && (other.UntilMs > end || (other.UntilMs == end && string.CompareOrdinal(other.By, window.Id) < 0)))) continue;
            longest = new SuppressionVerdict(SuppressionReason.Maintenance, window.Id, end);
        }
        return longest;
    }
}
