using System.Globalization;
using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Notification;

/// <summary>Reads what a notice tells: the ticket as it is now, its asset's name, the reading and the limit that it broke.</summary>
/// <param name="store">Tickets.</param>
/// <param name="registry">Names, units and rules.</param>
/// <param name="link">Where people reach the console.</param>
public sealed class NoticeReader(TicketStore store, HubRegistry registry, Func<Uri> link)
{
    public Notice Read(Delivery delivery)
    {
        var at = DateTimeOffset.FromUnixTimeMilliseconds(delivery.AtMs);
        if (delivery.Ticket is null || store.Get(delivery.Ticket) is not { } ticket) return new Notice(delivery.Id, delivery.Kind, delivery.Reminder, at, null, delivery.Ticket ?? delivery.Channel, null, null, link());
        var alarm = ticket.Alarms.Where(a => a.State == Tickets.AlarmState.Active).MinBy(a => a.Severity) ?? ticket.Alarms.LastOrDefault();
        var asset = ticket.Asset is { } id ? registry.FindAsset(id)?.Name ?? id : alarm?.Point ?? ticket.Site;
        return new Notice(delivery.Id, delivery.Kind, delivery.Reminder, at, ticket, asset, alarm is null ? null : Reading(alarm), alarm is null ? null : Limit(alarm), new Uri(link(), $"/#/tickets/{Uri.EscapeDataString(ticket.Id)}"));
    }

    private string? Reading(AlarmView alarm)
    {
        if (alarm.Value is not { } value) return null;
        var unit = PointId.TryParse(alarm.Point, out var id) ? registry.FindPoint(id)?.Unit : null;
        return value.ToString("0.###", CultureInfo.InvariantCulture) + (unit is null or "/" ? "" : " " + unit);
    }

    /// <summary>The most severe step at or below the alarm's severity, as the rule's file says it.</summary>
    private string? Limit(AlarmView alarm)
    {
        if (registry.FindRule(alarm.Rule) is not { } stored || RuleParser.Parse(stored.Yaml, stored.Id).Rule is not { } rule) return null;
        if (rule.Raise.FirstOrDefault(step => step.Severity == alarm.Severity) is not { } raise) return null;
        return raise.When.Source + (raise.For > TimeSpan.Zero ? " for " + Durations.Format(raise.For) : "");
    }
}
