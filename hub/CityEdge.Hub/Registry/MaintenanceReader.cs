using CityEdge.Contracts;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Registry;

/// <summary>From a maintenance window as it is written to the one that the desk computes with.</summary>
public static class MaintenanceReader
{
    /// <summary>Most windows of a hub.</summary>
    public const int Most = 10_000;

    /// <summary>Null when point or RRULE are not of a form that this hub reads.</summary>
    public static MaintenanceWindow? Read(Maintenance window, TimeZoneInfo zone)
    {
        PointId? point = null;
        if (window.Point is not null)
        {
            if (!PointId.TryParse(window.Point, out var id)) return null;
            point = id;
        }
        if (window.Rrule is null) return new MaintenanceWindow(window.Id, window.Asset, point, window.Rule, window.FromMs, window.LengthMs, null);
        return RecurrenceRule.Parse(window.Rrule, out _) is { } rule ? new MaintenanceWindow(window.Id, window.Asset, point, window.Rule, window.FromMs, window.LengthMs, new Recurrence(rule, window.FromMs, zone)) : null;
    }
}
