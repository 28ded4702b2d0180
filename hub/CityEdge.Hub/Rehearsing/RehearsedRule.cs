using System.Globalization;
using CityEdge.Hub.Api;

namespace CityEdge.Hub.Rehearsing;

/// <summary>Alarms and tickets of one rule of a rehearsal, and what a report says of them.</summary>
internal sealed record RehearsedRule(IReadOnlyList<RehearsedAlarm> All, IReadOnlyList<long> Opened, long FromMs, long ToMs)
{
    /// <summary>Stored complaints of the rule's category in the period.</summary>
    public int Complaints { get; init; }

    /// <summary>Those that its tickets are earlier than.</summary>
    public IReadOnlyList<BeatenComplaint> Beaten { get; init; } = [];

    public IReadOnlyList<RehearsedAlarm> Raised { get; } = [.. All.Where(a => a.RaisedAtMs >= FromMs)];

    public int OpenAtStart => All.Count(a => a.RaisedAtMs < FromMs && (a.ClearedAtMs ?? ToMs) > FromMs);

    public int Tickets => Opened.Count(o => o >= FromMs);

    public long ActiveSeconds => Raised.Sum(a => a.OpenMs(ToMs)) / 1000;

    public static IReadOnlyList<RehearsalItem> Items(IEnumerable<RehearsedAlarm> alarms) =>
        [.. alarms.Select(a => new RehearsalItem(a.Point.ToString(), a.Severity, a.Worst, a.NoData, HubJson.FromMs(a.RaisedAtMs), a.ClearedAtMs is { } cleared ? HubJson.FromMs(cleared) : null, a.Reason, a.Ticket, a.InBoth))];

    public IReadOnlyList<RehearsalWeek> Weeks(TimeZoneInfo zone)
    {
        var weeks = new SortedDictionary<string, (int Alarms, int Tickets, long OpenMs)>(StringComparer.Ordinal);
        foreach (var alarm in Raised)
        {
            var week = weeks.GetValueOrDefault(Week(alarm.RaisedAtMs));
            weeks[Week(alarm.RaisedAtMs)] = (week.Alarms + 1, week.Tickets, week.OpenMs + alarm.OpenMs(ToMs));
        }
        foreach (var opened in Opened.Where(o => o >= FromMs))
        {
            var week = weeks.GetValueOrDefault(Week(opened));
            weeks[Week(opened)] = week with { Tickets = week.Tickets + 1 };
        }
        return [.. weeks.Select(w => new RehearsalWeek(w.Key, w.Value.Alarms, w.Value.Tickets, w.Value.OpenMs / 1000))];

        string Week(long ms)
        {
            var local = TimeZoneInfo.ConvertTime(HubJson.FromMs(ms), zone).DateTime;
            return string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(local):0000}-W{ISOWeek.GetWeekOfYear(local):00}");
        }
    }
}
