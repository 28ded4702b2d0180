using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Rehearsing;

/// <summary>
/// Which complaints a rule's tickets would have been earlier than. A complaint is beaten when, in its place by the rule of <see cref="ComplaintMatch"/>, an alarm with an open ticket stood as it was made, or
/// had cleared by no more than the ticket waits before it closes itself. The lead is counted from that alarm, not from the opening of a ticket that nobody closes in a rehearsal: it is the least that it would be.
/// </summary>
internal static class BeatenComplaints
{
    public static List<BeatenComplaint> Of(IReadOnlyList<RehearsedAlarm> alarms, TimeSpan selfClear, Func<PointId, CityPlace?> placeOf, IReadOnlyList<ComplaintSighting> complaints, CancellationToken ct)
    {
        var places = alarms.Where(a => a is { Ticket: not null, NoData: false }).GroupBy(a => a.Point).Select(g => (Place: placeOf(g.Key), Alarms: g.OrderBy(a => a.RaisedAtMs).ToList())).Where(p => p.Place is not null).ToList();
        var beaten = new List<BeatenComplaint>();
        foreach (var complaint in complaints)
        {
            ct.ThrowIfCancellationRequested();
            (RehearsedAlarm? Alarm, long Lead) best = default;
            foreach (var (place, here) in places)
            {
                if (ComplaintMatch.Nearness(place!, complaint.Place) is null) continue;
                foreach (var alarm in here)
                {
                    if (alarm.RaisedAtMs >= complaint.AtMs) break;
                    var known = Math.Max(alarm.RaisedAtMs, alarm.OpenedAtMs);
                    var stood = alarm.ClearedAtMs is not { } cleared || selfClear == Timeout.InfiniteTimeSpan || complaint.AtMs - cleared <= selfClear.TotalMilliseconds;
                    if (stood && complaint.AtMs - known > best.Lead) best = (alarm, complaint.AtMs - known);
                }
            }
            if (best.Alarm is { } first) beaten.Add(new BeatenComplaint(complaint.Id, HubJson.FromMs(complaint.AtMs), first.Point.ToString(), first.Ticket!, best.Lead / 1000.0));
        }
        return beaten;
    }

    /// <summary>The middle lead; of an even number the mean of the two in the middle; null of none.</summary>
    public static double? Median(IReadOnlyList<BeatenComplaint> beaten)
    {
        if (beaten.Count == 0) return null;
        var leads = beaten.Select(b => b.LeadSeconds).Order().ToList();
        return (leads[(leads.Count - 1) / 2] + leads[leads.Count / 2]) / 2;
    }
}
