using CityEdge.Contracts;

namespace CityEdge.Edge;

/// <summary>What the agent's own rules do now.</summary>
/// <param name="Report">What it has made of the desired configuration.</param>
/// <param name="Alarms">Open alarms, the oldest first.</param>
/// <param name="LeftOut">Rules for which the configuration had no room.</param>
/// <param name="Told">Events about alarms stored for the hub since the start.</param>
/// <param name="Faults">Records of the spool that the rules could not take, since the start; the readings in them reach the hub all the same.</param>
public sealed record LocalRulesStatus(DeviceConfigReport Report, IReadOnlyList<LocalAlarm> Alarms, IReadOnlyList<string> LeftOut, long Told, long Faults);
