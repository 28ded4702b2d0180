using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Stops alarms whose rule and point a person has shelved, whatever the occurrence.</summary>
internal sealed class ShelvedStage(IReadOnlyDictionary<(string Rule, PointId Point), long> shelves) : ISuppressionStage
{
    public string Name => "shelved";

    public SuppressionVerdict? Judge(DeskAlarm alarm, long eventMs) =>
        shelves.ContainsKey((alarm.Raised.Rule, alarm.Raised.Point)) ? new SuppressionVerdict(SuppressionReason.Shelved, null, long.MaxValue) : null;
}
