using System.Globalization;

namespace CityEdge.Hub.Telemetry;

/// <summary>A run of UTC days whose rows share one file, named after its first day and its length: <c>2026-11-22_1d.db</c>.</summary>
internal sealed class Partition(string folder, int startDay, int days)
{
    public const long DayMs = 86_400_000;

    /// <summary>Longest run: offsets from its begin, in ms, fit <see cref="OffsetBits"/>.</summary>
    public const int MaxDays = 512;

    /// <summary>Bits of a key below the series.</summary>
    public const int OffsetBits = 36;

    /// <summary>Days since 1970-01-01 that have a date: years 1 to 9999.</summary>
    public const int FirstDay = -719_162;

    public const int LastDay = 2_932_896;

    /// <summary>Days since 1970-01-01.</summary>
    public int StartDay { get; } = startDay;

    public int Days { get; } = days;

    public int EndDay => StartDay + Days;

    public long StartMs { get; } = startDay * DayMs;

    public long EndMs { get; } = (startDay + (long)days) * DayMs;

    public string Path { get; } = System.IO.Path.Combine(folder, Name(startDay, days));

    /// <summary>True once the file is there.</summary>
    public bool Exists { get; set; }

    /// <summary>True once the file is gone: who still reads it closes it.</summary>
    public bool Removed { get; set; }

    /// <summary>Place of a row of a series in the file.</summary>
    public long Key(long series, long timeMs) => (series << OffsetBits) | (timeMs - StartMs);

    /// <summary>Time of a key, Unix ms.</summary>
    public long TimeOf(long key) => StartMs + (key & ((1L << OffsetBits) - 1));

    public static int DayOf(long timeMs) => (int)Math.Clamp(Math.Floor((decimal)timeMs / DayMs), FirstDay - 1, LastDay + 1);

    /// <summary>Times that have a day; others are refused.</summary>
    public static bool HasDay(long timeMs) => timeMs is >= FirstDay * DayMs and < (LastDay + 1L) * DayMs;

    public static string Name(int startDay, int days) => string.Create(CultureInfo.InvariantCulture, $"{DateOnly.FromDayNumber(startDay - FirstDay):yyyy-MM-dd}_{days}d.db");

    /// <summary>Reads a name back; null for other files.</summary>
    public static Partition? Parse(string path)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(path);
        if (System.IO.Path.GetExtension(path) != ".db" || name.Length < 13 || name[^1] != 'd') return null;
        if (!DateOnly.TryParseExact(name.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ||
            !int.TryParse(name.AsSpan(11, name.Length - 12), NumberStyles.None, CultureInfo.InvariantCulture, out var days) || days is < 1 or > MaxDays) return null;
        return new Partition(System.IO.Path.GetDirectoryName(path)!, date.DayNumber + FirstDay, days) { Exists = true };
    }
}
