using System.Diagnostics.CodeAnalysis;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Api;

/// <summary>What an answer to a change of a rule says of alarms that were open.</summary>
public static class OpenAlarmsJson
{
    private const int MaxItems = 1000;

    /// <summary><c>keep</c>, which null means, <c>reevaluate</c> or <c>close</c>.</summary>
    public static bool TryChoice(string? text, out OpenAlarms choice, [NotNullWhen(false)] out IResult? problem)
    {
        (choice, problem) = (OpenAlarms.Keep, null);
        if (string.IsNullOrEmpty(text)) return true;
        if (!char.IsAsciiDigit(text[0]) && Enum.TryParse(text, ignoreCase: true, out choice)) return true;
        problem = Problems.Bad("open_alarms", text, "keep, reevaluate or close");
        return false;
    }

    /// <summary>Counts of all, and the first 1000 one by one: kept, reevaluated, or closed with its reason.</summary>
    public static object Of(IEnumerable<RuleOutcome> outcomes, TicketStore store)
    {
        var all = outcomes.ToList();
        return new
        {
            Kept = all.Count(o => o.Alarm.Closed is null && o.Choice == OpenAlarms.Keep),
            Reevaluated = all.Count(o => o.Alarm.Closed is null && o.Choice == OpenAlarms.Reevaluate),
            Closed = all.Count(o => o.Alarm.Closed is not null),
            Items = all.Take(MaxItems).Select(o => new
            {
                Id = o.Alarm.AlarmId,
                Point = o.Alarm.Point.ToString(),
                o.Alarm.NoData,
                o.Alarm.Severity,
                RaisedAt = HubJson.FromMs(o.Alarm.RaisedAtMs),
                store.Alarm(o.Alarm.AlarmId)?.Ticket,
                Outcome = o.Alarm.Closed is not null ? "closed" : o.Choice == OpenAlarms.Reevaluate ? "reevaluated" : "kept",
                Reason = o.Alarm.Closed,
            }).ToList(),
        };
    }
}
