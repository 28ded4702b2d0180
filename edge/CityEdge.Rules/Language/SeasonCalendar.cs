using System.Reflection;

namespace CityEdge.Rules;

/// <summary>One dated stretch of a season, local dates.</summary>
/// <param name="From">First day.</param>
/// <param name="To">The day after the last.</param>
public readonly record struct SeasonRange(DateOnly From, DateOnly To);

/// <summary>
/// Named seasons as dated ranges, the public holidays, and where the city lies. They are data with a history, not constants: cities move a season's dates every year with the weather, the state tells each
/// year's holidays the November before, and an alarm of last year is judged by last year's dates.
/// </summary>
public sealed record SeasonCalendar
{
    private static readonly Lazy<SeasonCalendar> Shipped = new(() =>
    {
        const string Name = "CityEdge.Rules.calendar.yaml";
        var read = CalendarFile.Parse(EmbeddedText.Read(Assembly.GetExecutingAssembly(), Name), Name, out var errors);
        return errors.Count == 0 ? read : throw new InvalidOperationException(string.Join("; ", errors));
    });

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

    /// <summary>Beijing's, from <c>calendar.yaml</c>, which says where its dates are from.</summary>
    public static SeasonCalendar Default => Shipped.Value;

    /// <summary>Public holidays; by default none.</summary>
    public HolidayTable Holidays { get; init; } = HolidayTable.None;

    /// <summary>Where the sun is looked at for points whose assets have no position; by default Beijing.</summary>
    public GeoPosition Place { get; init; } = new(39.9042, 116.4074);

    /// <summary>Names of the seasons known.</summary>
    public IEnumerable<string> Names => seasons.Keys;

    /// <summary>Ranges of a season, ascending; empty for an unknown name, which is then never in force.</summary>
    public IReadOnlyList<SeasonRange> Ranges(string name) => seasons.TryGetValue(name, out var ranges) ? ranges : [];

    /// <summary>This calendar with one season's dates replaced.</summary>
    public SeasonCalendar With(string name, params IReadOnlyList<SeasonRange> ranges)
    {
        var all = seasons.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<SeasonRange>)pair.Value, StringComparer.Ordinal);
        all[name] = ranges;
        return new SeasonCalendar(all) { Holidays = Holidays, Place = Place };
    }
}
