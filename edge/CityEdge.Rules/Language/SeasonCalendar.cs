namespace CityEdge.Rules;

/// <summary>One dated stretch of a season, local dates.</summary>
/// <param name="From">First day.</param>
/// <param name="To">The day after the last.</param>
public readonly record struct SeasonRange(DateOnly From, DateOnly To);

/// <summary>
/// Named seasons as dated ranges. A season is data with a history, not a constant: cities move its dates every year with the weather, and an alarm of last year is judged by last year's dates.
/// </summary>
public sealed record SeasonCalendar
{
    private readonly Dictionary<string, SeasonRange[]> seasons;

    /// <summary>Takes ranges in any order; those of one season must not overlap (the later of two overlapping is ignored).</summary>
    public SeasonCalendar(IReadOnlyDictionary<string, IReadOnlyList<SeasonRange>> seasons)
    {
        this.seasons = new(StringComparer.Ordinal);
        foreach (var (name, ranges) in seasons)
        {
            var kept = new List<SeasonRange>();
            foreach (var range in ranges.Where(range => range.From < range.To).OrderBy(range => range.From))
            {
                if (kept.Count == 0 || kept[^1].To <= range.From) kept.Add(range);
            }
            this.seasons[name] = [.. kept];
        }
    }

    /// <summary>
    /// Beijing: <c>heating</c> 15 November to 15 March inclusive (the statutory dates; the city moves them in most years), <c>flood</c> 1 June to 15 September inclusive. Between the heating seasons
    /// <c>heating-works</c>, 16 March to 31 October inclusive; before the rains <c>roof-works</c>, 1 June to 15 July inclusive. Years 2000 to 2099.
    /// </summary>
    public static SeasonCalendar Default { get; } = new(new Dictionary<string, IReadOnlyList<SeasonRange>>
    {
        ["heating"] = Yearly((11, 15), (3, 16)),
        ["flood"] = Yearly((6, 1), (9, 16)),
        ["heating-works"] = Yearly((3, 16), (11, 1)),
        ["roof-works"] = Yearly((6, 1), (7, 16)),
    });

    /// <summary>Names of the seasons known.</summary>
    public IEnumerable<string> Names => seasons.Keys;

    /// <summary>Ranges of a season, ascending; empty for an unknown name, which is then never in force.</summary>
    public IReadOnlyList<SeasonRange> Ranges(string name) => seasons.TryGetValue(name, out var ranges) ? ranges : [];

    /// <summary>This calendar with one season's dates replaced.</summary>
    public SeasonCalendar With(string name, params IReadOnlyList<SeasonRange> ranges)
    {
        var all = seasons.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<SeasonRange>)pair.Value, StringComparer.Ordinal);
        all[name] = ranges;
        return new SeasonCalendar(all);
    }

    private static SeasonRange[] Yearly((int Month, int Day) from, (int Month, int Day) to) =>
        [.. Enumerable.Range(1999, 101).Select(year => new SeasonRange(new DateOnly(year, from.Month, from.Day), new DateOnly(to.Month < from.Month ? year + 1 : year, to.Month, to.Day)))];
}
