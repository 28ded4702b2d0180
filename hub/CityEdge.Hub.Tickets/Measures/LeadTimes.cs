namespace CityEdge.Hub.Tickets.Measures;

/// <summary>
/// Lead before the first complaint (domain §7.2). Incidents without a complaint are censored: pessimistically when they were verified, optimistically at the end of the period. The median is that of
/// the Kaplan-Meier curve (JASA 53, 1958); incidents whose complaint came first enter as a mass at 0, because such a curve starts there. Seconds.
/// </summary>
/// <param name="N">Incidents with a complaint.</param>
/// <param name="Censored">Incidents without.</param>
/// <param name="ComplaintFirst">Those of <paramref name="N"/> whose complaint came first.</param>
/// <param name="P50">Median, pessimistic; null when the curve does not come down to a half.</param>
/// <param name="P50Optimistic">Median, optimistic; null when the curve does not come down to a half.</param>
/// <param name="SeenP10">Tenth percentile of the leads that were seen; null without any.</param>
/// <param name="SeenP50">Their median.</param>
/// <param name="SeenP90">Their ninetieth percentile.</param>
public sealed record LeadTimes(int N, int Censored, int ComplaintFirst, double? P50, double? P50Optimistic, double? SeenP10, double? SeenP50, double? SeenP90)
{
    /// <summary>The leads of incidents that a rule saw.</summary>
    /// <param name="seen">Lead of each that had a complaint, seconds; negative when the complaint came first.</param>
    /// <param name="censored">For each without: seconds until it was verified, and until the end of the period.</param>
    public static LeadTimes Of(IReadOnlyCollection<double> seen, IReadOnlyCollection<(double Pessimistic, double Optimistic)> censored)
    {
        var sorted = seen.Order().ToArray();
        return new LeadTimes(
            sorted.Length, censored.Count, sorted.Count(s => s <= 0), Median(sorted, [.. censored.Select(c => c.Pessimistic)]), Median(sorted, [.. censored.Select(c => c.Optimistic)]),
            Percentile(sorted, 0.1), Percentile(sorted, 0.5), Percentile(sorted, 0.9));
    }

    /// <summary>Kaplan-Meier median: the first time at which half or fewer are without a complaint. Whoever is censored at the time of an event was still at risk then.</summary>
    public static double? Median(IReadOnlyList<double> events, IReadOnlyList<double> censored)
    {
        var all = events.Select(e => (At: Math.Max(0, e), Event: true)).Concat(censored.Select(c => (At: Math.Max(0, c), Event: false))).OrderBy(x => x.At).ThenByDescending(x => x.Event).ToArray();
        var (atRisk, survival) = (all.Length, 1.0);
        for (var i = 0; i < all.Length;)
        {
            var (at, complaints, gone) = (all[i].At, 0, 0);
            for (; i < all.Length && all[i].At == at; i++, gone++)
            {
                if (all[i].Event) complaints++;
            }
            if (complaints > 0) survival *= 1 - (double)complaints / atRisk;
            // A product of fractions may end a hair above the half that it is.
            if (survival <= 0.5 + 1e-12) return at;
            atRisk -= gone;
        }
        return null;
    }

    /// <summary>Percentile of sorted values, between neighbours by their distance (Hyndman and Fan, type 7); null without any.</summary>
    public static double? Percentile(IReadOnlyList<double> sorted, double p)
    {
        if (sorted.Count == 0) return null;
        var place = p * (sorted.Count - 1);
        var below = (int)place;
        return below + 1 == sorted.Count ? sorted[below] : sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
    }
}
