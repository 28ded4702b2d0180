using System.Globalization;

namespace CityEdge.Rules;

/// <summary>
/// The part of an RFC 5545 RRULE that maintenance needs: <c>FREQ=DAILY|WEEKLY|MONTHLY|YEARLY</c>, <c>INTERVAL</c>, <c>COUNT</c>, <c>UNTIL</c> (a day, or an instant in UTC), <c>BYDAY</c> (in MONTHLY with a place: <c>1MO</c>, <c>-1FR</c>),
/// <c>BYMONTHDAY</c> (MONTHLY; -1 is the last), <c>WKST=MO</c>. Everything else is refused by name.
/// </summary>
public sealed class RecurrenceRule
{
    private const int MaxCount = 10_000;
    private static readonly string[] DayNames = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    private readonly List<(int Place, int Day)> days = [];
    private readonly List<int> monthDays = [];
    private string frequency = "";
    private int interval = 1;

    private RecurrenceRule(string text) => Text = text;

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>How many occurrences there are; null: no such end.</summary>
    public int? Count { get; private set; }

    /// <summary>Last instant at which an occurrence may start, Unix ms; null: no such end.</summary>
    public long? UntilMs { get; private set; }

    /// <summary>Last local day on which an occurrence may start; null: no such end.</summary>
    public DateOnly? UntilDay { get; private set; }

    /// <summary>Null when the text is none, and then what is wrong with it and what was expected.</summary>
    public static RecurrenceRule? Parse(string text, out string error)
    {
        var rule = new RecurrenceRule(text);
        error = "";
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in (text.StartsWith("RRULE:", StringComparison.OrdinalIgnoreCase) ? text[6..] : text).ToUpperInvariant().Split(';'))
        {
            var equals = part.IndexOf('=');
            if (equals < 1) error = $"'{part}' is not NAME=VALUE";
            else if (!seen.Add(part[..equals])) error = $"{part[..equals]} stands twice";
            else error = rule.Read(part[..equals], part[(equals + 1)..]);
            if (error.Length > 0) return null;
        }
        error = rule.Check();
        return error.Length == 0 ? rule : null;
    }

    /// <summary>True when the day is one of the rule's, counted from <paramref name="first"/>; its ends are not looked at.</summary>
    public bool Has(DateOnly day, DateOnly first)
    {
        var months = ((day.Year - first.Year) * 12) + day.Month - first.Month;
        return frequency switch
        {
            "DAILY" => (day.DayNumber - first.DayNumber) % interval == 0 && (days.Count == 0 || days.Exists(on => on.Day == DayOf(day))),
            "WEEKLY" => (Week(day) - Week(first)) % interval == 0 && (days.Count == 0 ? DayOf(day) == DayOf(first) : days.Exists(on => on.Day == DayOf(day))),
            "MONTHLY" => months % interval == 0 && InMonth(day, first),
            _ => months % (12 * interval) == 0 && day.Day == first.Day,
        };
    }

    private static int DayOf(DateOnly day) => ((int)day.DayOfWeek + 6) % 7;

    // 0001-01-01 is a Monday, as weeks begin.
    private static int Week(DateOnly day) => day.DayNumber / 7;

    private bool InMonth(DateOnly day, DateOnly first)
    {
        if (days.Count == 0 && monthDays.Count == 0) return day.Day == first.Day;
        var left = DateTime.DaysInMonth(day.Year, day.Month) - day.Day;
        if (monthDays.Count > 0 && !monthDays.Exists(n => n > 0 ? n == day.Day : -n == left + 1)) return false;
        return days.Count == 0 || days.Exists(on => on.Day == DayOf(day) && (on.Place == 0 || (on.Place > 0 ? on.Place == ((day.Day - 1) / 7) + 1 : -on.Place == (left / 7) + 1)));
    }

    private string Read(string name, string value)
    {
        switch (name)
        {
            case "FREQ":
                frequency = value;
                return value is "DAILY" or "WEEKLY" or "MONTHLY" or "YEARLY" ? "" : $"FREQ={value}: expected DAILY, WEEKLY, MONTHLY or YEARLY";
            case "INTERVAL":
                return Number(value, 1, 1000, out interval) ? "" : $"INTERVAL={value}: expected 1 to 1000";
            case "COUNT":
                if (!Number(value, 1, MaxCount, out var count)) return $"COUNT={value}: expected 1 to {MaxCount}";
                Count = count;
                return "";
            case "UNTIL":
                if (DateOnly.TryParseExact(value, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) UntilDay = day;
                else if (DateTimeOffset.TryParseExact(value, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until)) UntilMs = until.ToUnixTimeMilliseconds();
                else return $"UNTIL={value}: expected a day such as 20261231 or an instant such as 20261231T160000Z";
                return "";
            case "BYDAY":
                foreach (var word in value.Split(','))
                {
                    var place = 0;
                    if (word.Length < 2 || Array.IndexOf(DayNames, word[^2..]) is not (>= 0 and var weekday) || (word.Length > 2 && (!Number(word[..^2], -5, 5, out place) || place == 0)))
                        return $"BYDAY={value}: expected MO to SU, in MONTHLY also with a place such as 1MO or -1FR, separated by commas";
                    days.Add((place, weekday));
                }
                return "";
            case "BYMONTHDAY":
                foreach (var word in value.Split(','))
                {
                    if (!Number(word, -31, 31, out var number) || number == 0) return $"BYMONTHDAY={value}: expected 1 to 31 or -31 to -1, separated by commas";
                    monthDays.Add(number);
                }
                return "";
            case "WKST":
                return value == "MO" ? "" : $"WKST={value}: weeks begin on MO here";
            default:
                return $"{name} is not supported; known are FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, WKST";
        }
    }

    private string Check()
    {
        if (frequency.Length == 0) return "FREQ is missing";
        if (Count is not null && (UntilMs is not null || UntilDay is not null)) return "COUNT and UNTIL exclude each other";
        if (monthDays.Count > 0 && frequency != "MONTHLY") return $"BYMONTHDAY is for FREQ=MONTHLY, not {frequency}";
        if (days.Count > 0 && frequency == "YEARLY") return "BYDAY is not supported with FREQ=YEARLY";
        return days.Exists(on => on.Place != 0) && frequency != "MONTHLY" ? $"a place in BYDAY is for FREQ=MONTHLY, not {frequency}" : "";
    }

    private static bool Number(string text, int least, int most, out int number) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;
}
