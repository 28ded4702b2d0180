using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Rules;

/// <summary>
/// Reads a calendar: <c>seasons</c> as ranges of dates, both ends included, of one year (<c>2025-11-15..2026-03-15</c>) or of all (<c>11-15..03-15</c>, 2000 to 2099); a dated range takes the place of
/// those of all years that it overlaps. <c>holidays</c> and <c>worked</c> are dates or ranges, <c>place</c> is where the city lies. Errors are values with line, column and key.
/// </summary>
public sealed class CalendarFile
{
    private const string Shape = "dates such as 2025-11-15..2026-03-15, 2026-01-01, or 11-15..03-15 of every year";
    private static readonly string[] Keys = ["seasons", "holidays", "worked", "place"];
    private static readonly string[] PlaceKeys = ["lat", "long"];
    private readonly YamlFile source;

    private CalendarFile(YamlFile source) => this.source = source;

    /// <summary>What could be read; only to be used where <paramref name="errors"/> is empty. <paramref name="file"/> is for the errors only.</summary>
    public static SeasonCalendar Parse(string yaml, string file, out IReadOnlyList<RuleError> errors)
    {
        var source = new YamlFile(file);
        errors = source.Errors;
        var calendar = new SeasonCalendar(new Dictionary<string, IReadOnlyList<SeasonRange>>());
        if (source.Load(yaml) is not { } root || source.Map(root, "", Keys) is not { } map) return calendar;
        return new CalendarFile(source).Read(map);
    }

    private SeasonCalendar Read(Dictionary<string, YamlNode> map)
    {
        var seasons = new Dictionary<string, IReadOnlyList<SeasonRange>>(StringComparer.Ordinal);
        foreach (var (name, node) in source.Map(map.GetValueOrDefault("seasons"), "seasons", null) ?? []) seasons[name] = Season(node, "seasons." + name);
        var calendar = new SeasonCalendar(seasons)
        {
            Holidays = new HolidayTable(Days(map.GetValueOrDefault("holidays"), "holidays"), Days(map.GetValueOrDefault("worked"), "worked")),
        };
        if (source.Map(map.GetValueOrDefault("place"), "place", PlaceKeys) is not { } place) return calendar;
        return calendar with { Place = new GeoPosition(Degrees(map["place"], place, "lat", 90), Degrees(map["place"], place, "long", 180)) };
    }

    private List<SeasonRange> Season(YamlNode node, string key)
    {
        var (dated, yearly) = (new List<SeasonRange>(), new List<SeasonRange>());
        foreach (var (text, item) in source.OneOrMany(node, key, Shape))
        {
            if (Dated(text) is { } range)
            {
                if (dated.Exists(other => Overlap(other, range))) source.Error(item, key, $"'{text}' overlaps dates before it; expected each day once");
                dated.Add(range);
            }
            else if (Yearly(text) is { } ranges) yearly.AddRange(ranges);
            else source.Error(item, key, $"expected {Shape}, the first not after the last; found '{text}'");
        }
        return [.. dated, .. yearly.Where(range => !dated.Exists(other => Overlap(other, range)))];
    }

    private List<DateOnly> Days(YamlNode? node, string key)
    {
        var days = new List<DateOnly>();
        foreach (var (text, item) in source.OneOrMany(node, key, "dates such as 2026-01-01 or 2026-10-01..2026-10-07"))
        {
            if (Dated(text) is { } range && range.To.DayNumber - range.From.DayNumber <= 366)
            {
                for (var day = range.From; day < range.To; day = day.AddDays(1)) days.Add(day);
            }
            else source.Error(item, key, $"expected dates such as 2026-01-01 or 2026-10-01..2026-10-07, the first not after the last; found '{text}'");
        }
        return days;
    }

    private double Degrees(YamlNode at, Dictionary<string, YamlNode> place, string key, double most)
    {
        if (!place.TryGetValue(key, out var node)) source.Error(at, "place." + key, "missing; expected degrees, e.g. 39.9");
        else if (source.Text(node, "place." + key, "degrees, e.g. 39.9", out var text))
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var degrees) && Math.Abs(degrees) <= most) return degrees;
            source.Error(node, "place." + key, $"expected degrees from -{most} to {most}; found '{text}'");
        }
        return 0;
    }

    private static bool Overlap(SeasonRange a, SeasonRange b) => a.From < b.To && b.From < a.To;

    private static SeasonRange? Dated(string text)
    {
        var ends = text.Split("..");
        if (ends.Length > 2 || !Day(ends[0], out var first) || !Day(ends[^1], out var last) || last < first) return null;
        return new SeasonRange(first, last.AddDays(1));

        static bool Day(string text, out DateOnly day) => DateOnly.TryParseExact(text.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day) && day.Year is >= 1970 and < 2200;
    }

    private static IEnumerable<SeasonRange>? Yearly(string text)
    {
        var ends = text.Split("..");
        if (ends.Length != 2) return null;
        // A leap year's day is a day of every year's range, as the day before its first of March.
        if (Dated($"2000-{ends[0].Trim()}..2000-{ends[0].Trim()}") is not { } first || Dated($"2000-{ends[1].Trim()}..2000-{ends[1].Trim()}") is not { } last) return null;
        var over = last.From < first.From ? 1 : 0;
        return Enumerable.Range(1999, 101).Select(year => new SeasonRange(In(first.From, year), In(last.From, year + over).AddDays(1)));

        static DateOnly In(DateOnly day, int year) => new(year, day.Month, Math.Min(day.Day, DateTime.DaysInMonth(year, day.Month)));
    }
}
