namespace CityEdge.Hub.Tickets.Measures;

/// <summary>A kind of duration over many tickets, seconds; all null without any.</summary>
/// <param name="N">Tickets that have it.</param>
/// <param name="Mean">Mean.</param>
/// <param name="P50">Median.</param>
/// <param name="P90">Ninetieth percentile.</param>
public sealed record TimeSpread(int N, double? Mean, double? P50, double? P90)
{
    public static TimeSpread Of(IEnumerable<double?> seconds)
    {
        var sorted = seconds.OfType<double>().Order().ToArray();
        return new TimeSpread(sorted.Length, sorted.Length == 0 ? null : sorted.Average(), LeadTimes.Percentile(sorted, 0.5), LeadTimes.Percentile(sorted, 0.9));
    }
}
