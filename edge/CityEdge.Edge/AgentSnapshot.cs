using CityEdge.Contracts;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Edge;

/// <summary>Figures of a running agent, for its host, its log and its tests.</summary>
/// <param name="Link">State of the link.</param>
/// <param name="Readings">Readings stored since the start.</param>
/// <param name="Events">Events stored since the start.</param>
/// <param name="Spool">The spool as the status document gives it.</param>
/// <param name="Log">The log under it.</param>
/// <param name="Uplink">What has been sent.</param>
/// <param name="Dropped">Readings that the normaliser did not pass on, by reason.</param>
/// <param name="Rules">The rules that run here, and their open alarms.</param>
public sealed record AgentSnapshot(
    MqttLinkState Link,
    long Readings,
    long Events,
    SpoolStatus Spool,
    LogStats Log,
    UplinkStats Uplink,
    IReadOnlyDictionary<NormaliserDrop, long> Dropped,
    LocalRulesStatus Rules);
