using System.Globalization;

namespace CityEdge.Hub.Notification;

/// <summary>Hours of the day in the hub's zone, <c>22:00-07:00</c>; over midnight when the end is not after the start.</summary>
/// <param name="From">Minutes after midnight, 0 to 1439.</param>
/// <param name="To">Exclusive, 1 to 1440.</param>
public readonly record struct DailyHours(int From, int To)
{
    /// <summary>False for anything but <c>HH:MM-HH:MM</c> of two different times.</summary>
    public static bool TryParse(string text, out DailyHours hours)
    {
        hours = default;
        var parts = text.Split('-', StringSplitOptions.TrimEntries);
        if (parts.Length != 2 || !TryMinute(parts[0], out var from) || !TryMinute(parts[1], out var to) || from == to || from == 1440) return false;
        hours = new DailyHours(from, to);
        return true;
    }

    /// <summary>Whether the local time lies in the hours.</summary>
    public bool Contain(DateTime local)
    {
        var minute = local.Hour * 60 + local.Minute;
        return From < To ? minute >= From && minute < To : minute >= From || minute < To;
    }

    /// <summary>The next local time at which the hours are over, after one in them.</summary>
    public DateTime End(DateTime local)
    {
        var end = local.Date.AddMinutes(To);
        return end > local ? end : end.AddDays(1);
    }

    private static bool TryMinute(string text, out int minute)
    {
        minute = 1440;
        if (text == "24:00") return true;
        if (!TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)) return false;
        minute = time.Hour * 60 + time.Minute;
        return true;
    }
}
