using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Measures;

/// <summary>The measures of domain §7 over the incidents whose end falls into a period.</summary>
/// <param name="Incidents">All that ended, whatever became of them.</param>
/// <param name="Valid">Those that ended as solved: what the headline divides by.</param>
/// <param name="KnownFirst">先知率 §7.1: open before anybody complained.</param>
/// <param name="HandledFirst">未诉先办率 §7.1, the headline: verified, and fixed before anybody complained.</param>
/// <param name="FalseTicket">§7.5: found to be no fault, of those that a rule opened and people checked.</param>
/// <param name="Nuisance">§7.5: no fault or gone by itself, of those that a rule opened and that ended so or solved.</param>
/// <param name="Reopened">Ended tickets that were reopened at least once.</param>
/// <param name="SingleAlarm">§7.6: tickets of a rule with one alarm.</param>
/// <param name="WeightedHandledFirst">The headline with each incident weighted by severity, 0 to 1: P1 10, P2 5, P3 2, P4 1, P5 0 (EJ); null when nothing weighs.</param>
/// <param name="AlarmsPerTicket">§7.6: alarms by tickets that rules opened; null without any.</param>
/// <param name="LargestGroup">Most alarms of one ticket.</param>
/// <param name="Lead">§7.2.</param>
/// <param name="Detect">§7.7 MTTD: first alarm to open.</param>
/// <param name="Accept">§7.7 MTTA: open to accepted.</param>
/// <param name="Repair">§7.7 MTTR: open to verified, by a clock that never pauses.</param>
public sealed record MeasureSheet(
    int Incidents, int Valid, Proportion KnownFirst, Proportion HandledFirst, Proportion FalseTicket, Proportion Nuisance, Proportion Reopened, Proportion SingleAlarm, double? WeightedHandledFirst,
    double? AlarmsPerTicket, int LargestGroup, LeadTimes Lead, TimeSpread Detect, TimeSpread Accept, TimeSpread Repair)
{
    private static readonly Dictionary<Severity, int> Weights = new() { [Severity.P1] = 10, [Severity.P2] = 5, [Severity.P3] = 2, [Severity.P4] = 1, [Severity.P5] = 0 };

    /// <summary>Measures incidents that ended.</summary>
    /// <param name="incidents">Each once.</param>
    /// <param name="toMs">End of the period, Unix ms: where those without a complaint are censored optimistically.</param>
    public static MeasureSheet Of(IReadOnlyCollection<IncidentFacts> incidents, long toMs)
    {
        var valid = incidents.Where(i => i.Valid).ToList();
        var proactive = incidents.Where(i => i.Proactive).ToList();
        var ended = proactive.Where(i => i.Valid || i.FalseAlarm || i.SelfCleared).ToList();
        var sensed = valid.Where(i => i.KnownMs is not null).ToList();
        var weight = valid.Sum(i => Weights[i.Severity]);
        var published = incidents.Where(i => TicketStates.IsPublished(i.Ticket.State)).ToList();
        return new MeasureSheet(
            published.Count,
            valid.Count,
            Proportion.Share(valid, i => ComplaintMeasures.KnownFirst(i.Ticket)),
            Proportion.Share(valid, i => ComplaintMeasures.HandledFirst(i.Ticket)),
            Proportion.Share(ended.Where(i => !i.SelfCleared).ToList(), i => i.FalseAlarm),
            Proportion.Share(ended, i => !i.Valid),
            Proportion.Share(published, i => i.Ticket.ReopenCount > 0),
            Proportion.Share(ended, i => i.Ticket.AlarmCount == 1),
            weight == 0 ? null : (double)valid.Where(i => ComplaintMeasures.HandledFirst(i.Ticket)).Sum(i => Weights[i.Severity]) / weight,
            ended.Count == 0 ? null : (double)ended.Sum(i => i.Ticket.AlarmCount) / ended.Count,
            published.Count == 0 ? 0 : published.Max(i => i.Ticket.AlarmCount),
            LeadTimes.Of([.. sensed.Select(i => i.LeadSeconds).OfType<double>()], [.. sensed.Where(i => i.LeadSeconds is null).Select(i => (Seconds(i.KnownMs, i.Ticket.ClosedAtMs)!.Value, Seconds(i.KnownMs, toMs)!.Value))]),
            TimeSpread.Of(proactive.Where(i => i.Ticket.OpenedAtMs is not null).Select(i => Seconds(i.Ticket.Opening.RaisedAtMs, i.Ticket.OpenedAtMs))),
            TimeSpread.Of(published.Select(i => Seconds(i.Ticket.OpenedAtMs, i.Ticket.AcceptedAtMs))),
            TimeSpread.Of(valid.Select(i => Seconds(i.Ticket.OpenedAtMs, i.Ticket.ClosedAtMs))));
    }

    private static double? Seconds(long? from, long? to) => (to - from) / 1000.0;
}
