using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Measures;

namespace CityEdge.Hub.Reports;

/// <summary>Reports over what ended in a period, each recomputed from the tickets' logs when it is asked for.</summary>
/// <param name="store">Tickets.</param>
/// <param name="zone">Zone of months.</param>
public sealed class ReportBook(TicketStore store, TimeZoneInfo zone)
{
    /// <summary>Names of what a sheet can be broken down by.</summary>
    public static readonly IReadOnlyDictionary<string, Func<IncidentFacts, string>> Groups = new Dictionary<string, Func<IncidentFacts, string>>
    {
        ["category"] = i => i.Category,
        ["site"] = i => i.Site,
        ["rule"] = i => i.Rule,
        ["severity"] = i => i.Severity.ToString(),
    };

    private const int Top = 10;
    private const double ReviewBelow = 0.8;
    private const int ReviewFrom = 20;

    public TimeZoneInfo Zone => zone;

    /// <summary>Incidents that ended in the period, of one site and category where given.</summary>
    public IReadOnlyList<IncidentFacts> Ended(ReportPeriod period, string? site, string? category = null) =>
        [.. store.Ended(period.From.ToUnixTimeMilliseconds(), period.To.ToUnixTimeMilliseconds()).Where(i => (site is null || i.Site == site) && (category is null || i.Category == category))];

    /// <summary>The measures of a period, whole and by group where asked.</summary>
    public object Rates(ReportPeriod period, string? site, string? category, string? by)
    {
        var ended = Ended(period, site, category);
        var to = period.To.ToUnixTimeMilliseconds();
        var view = new Dictionary<string, object?> { ["from"] = period.From, ["to"] = period.To, ["site"] = site, ["category"] = category };
        foreach (var (key, value) in MeasureJson.View(MeasureSheet.Of(ended, to))) view[key] = value;
        view["open"] = store.OpenTickets(site);
        if (by is not null)
        {
            view["by"] = by;
            view["groups"] = ended.GroupBy(Groups[by]).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => new Dictionary<string, object?>(MeasureJson.View(MeasureSheet.Of([.. g], to))) { ["key"] = g.Key }).ToList();
        }
        return view;
    }

    /// <summary>体检报告: a month's measures beside the month before, its categories, what to take up next, and how rules did.</summary>
    public object Health(string month, ReportPeriod period, string? site)
    {
        var before = ReportPeriod.Before(period, zone);
        var (ended, earlier) = (Ended(period, site), Ended(before, site));
        var to = period.To.ToUnixTimeMilliseconds();
        return new Dictionary<string, object?>
        {
            ["month"] = month,
            ["site"] = site,
            ["from"] = period.From,
            ["to"] = period.To,
            ["now"] = MeasureJson.View(MeasureSheet.Of(ended, to)),
            ["before"] = MeasureJson.View(MeasureSheet.Of(earlier, period.From.ToUnixTimeMilliseconds())),
            ["categories"] = Categories(ended, earlier, to),
            ["topics"] = Topics(ended),
            ["rules"] = Rules(ended),
            ["open"] = store.OpenTickets(site),
        };
    }

    /// <summary>Sites by the headline: those with enough incidents first, then by handled first, then known first, then name (domain §7.4 for ties and for the least N).</summary>
    public object Ranking(ReportPeriod period) => Ended(period, null).GroupBy(i => i.Site)
        .Select(g => (Site: g.Key, Sheet: MeasureSheet.Of([.. g], period.To.ToUnixTimeMilliseconds())))
        .OrderBy(s => s.Sheet.HandledFirst.Small).ThenByDescending(s => s.Sheet.HandledFirst.Rate ?? -1).ThenByDescending(s => s.Sheet.KnownFirst.Rate ?? -1).ThenBy(s => s.Site, StringComparer.Ordinal)
        .Select((s, i) => new { rank = s.Sheet.HandledFirst.Small ? default(int?) : i + 1, s.Site, s.Sheet.Incidents, handled_first = MeasureJson.View(s.Sheet.HandledFirst), known_first = MeasureJson.View(s.Sheet.KnownFirst), false_ticket = MeasureJson.View(s.Sheet.FalseTicket) })
        .ToList();

    /// <summary>每月一题: categories by what they cost residents: three for each incident that was known by its complaint, two for each that came back, one for each other.</summary>
    public static object Topics(IReadOnlyList<IncidentFacts> ended) => ended.Where(i => i.Valid).GroupBy(i => i.Category)
        .Select(g => (Category: g.Key, Incidents: g.Count(), Complained: g.Count(i => i.Ticket.FirstComplaintAtMs is not null), First: g.Count(i => i.LeadSeconds is null or <= 0 && i.Ticket.FirstComplaintAtMs is not null), Back: g.Count(i => i.Ticket.ReopenCount > 0)))
        .Select(t => new { t.Category, score = 3 * t.First + 2 * t.Back + (t.Incidents - t.First), t.Incidents, complained = t.Complained, complaint_first = t.First, reopened = t.Back })
        .OrderByDescending(t => t.score).ThenBy(t => t.Category, StringComparer.Ordinal).Take(Top).ToList();

    private static object Categories(IReadOnlyList<IncidentFacts> ended, IReadOnlyList<IncidentFacts> earlier, long toMs)
    {
        var before = earlier.GroupBy(i => i.Category).ToDictionary(g => g.Key, g => g.Count());
        return ended.GroupBy(i => i.Category).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Take(Top).Select(g =>
        {
            var sheet = MeasureSheet.Of([.. g], toMs);
            return new { category = g.Key, incidents = g.Count(), before = before.GetValueOrDefault(g.Key), handled_first = MeasureJson.View(sheet.HandledFirst), known_first = MeasureJson.View(sheet.KnownFirst), repair = sheet.Repair };
        }).ToList();
    }

    /// <summary>Rules by how many of their tickets were a fault; below 80 % of at least 20 they are to be looked at (EJ), and none is switched off by it.</summary>
    private static object Rules(IReadOnlyList<IncidentFacts> ended) => ended.Where(i => i.Proactive).GroupBy(i => i.Rule)
        .Select(g => (Rule: g.Key, Sheet: MeasureSheet.Of([.. g], 0), Count: g.Count()))
        .OrderByDescending(r => r.Count).ThenBy(r => r.Rule, StringComparer.Ordinal)
        .Select(r => new { r.Rule, tickets = r.Count, false_ticket = MeasureJson.View(r.Sheet.FalseTicket), nuisance = MeasureJson.View(r.Sheet.Nuisance), alarms_per_ticket = r.Sheet.AlarmsPerTicket, review = r.Sheet.FalseTicket.Of >= ReviewFrom && 1 - r.Sheet.FalseTicket.Rate < ReviewBelow })
        .ToList();
}
