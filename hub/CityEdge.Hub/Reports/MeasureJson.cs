using CityEdge.Hub.Tickets.Measures;

namespace CityEdge.Hub.Reports;

/// <summary>Measures as the API shows them (design §5, <c>reports</c>).</summary>
public static class MeasureJson
{
    /// <summary>The body of a sheet, without what it is of.</summary>
    public static IDictionary<string, object?> View(MeasureSheet sheet) => new Dictionary<string, object?>
    {
        ["incidents"] = sheet.Incidents,
        ["valid"] = sheet.Valid,
        ["measures"] = new Dictionary<string, object>
        {
            ["known_first"] = View(sheet.KnownFirst),
            ["handled_first"] = View(sheet.HandledFirst),
            // Callbacks are in the logs and not counted yet: nothing to divide by, so no rate.
            ["response"] = View(default(Proportion)),
            ["resolution"] = View(default(Proportion)),
            ["satisfaction"] = View(default(Proportion)),
            ["false_ticket"] = View(sheet.FalseTicket),
            ["nuisance"] = View(sheet.Nuisance),
            ["reopened"] = View(sheet.Reopened),
            ["single_alarm"] = View(sheet.SingleAlarm),
        },
        ["weighted_handled_first"] = Round(sheet.WeightedHandledFirst),
        ["lead_seconds"] = new
        {
            p50 = sheet.Lead.P50, sheet.Lead.N, sheet.Lead.Censored, sheet.Lead.ComplaintFirst, p50_optimistic = sheet.Lead.P50Optimistic,
            seen_p10 = sheet.Lead.SeenP10, seen_p50 = sheet.Lead.SeenP50, seen_p90 = sheet.Lead.SeenP90,
        },
        ["seconds"] = new { sheet.Detect, sheet.Accept, sheet.Repair },
        ["alarms_per_ticket"] = Round(sheet.AlarmsPerTicket),
        ["largest_group"] = sheet.LargestGroup,
    };

    public static object View(Proportion p) => new { p.N, p.Of, rate = Round(p.Rate), low = Round(p.Low), high = Round(p.High), p.Small };

    private static double? Round(double? share) => share is { } value ? Math.Round(value, 6) : null;
}
