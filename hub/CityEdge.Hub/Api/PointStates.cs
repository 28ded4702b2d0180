using System.Collections.Concurrent;
using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Api;

/// <summary>The state of a point as the console shows it, from the open alarms.</summary>
public sealed class PointStates(HubRegistry registry, TicketStore tickets)
{
    private readonly ConcurrentDictionary<string, string> states = new();

    /// <summary>Reads all open alarms; at start.</summary>
    public void Refresh()
    {
        var next = new Dictionary<string, string>();
        foreach (var alarm in Active(null)) next[alarm.Point] = Worse(next.GetValueOrDefault(alarm.Point), alarm);
        foreach (var point in states.Keys.Except(next.Keys).ToList()) states.TryRemove(point, out _);
        foreach (var (point, state) in next) states[point] = state;
    }

    /// <summary>Reads the open alarms of one point again; after a commit that changed one of them.</summary>
    public void Refresh(string point)
    {
        if (!PointId.TryParse(point, out var id)) return;
        string? state = null;
        foreach (var alarm in Active(id)) state = Worse(state, alarm);
        if (state is null) states.TryRemove(point, out _);
        else states[point] = state;
    }

    private IEnumerable<AlarmView> Active(PointId? point)
    {
        string? cursor = null;
        do
        {
            var page = tickets.Alarms(new AlarmQuery { State = AlarmState.Active, Point = point, Limit = Page.MaxLimit, Cursor = cursor });
            foreach (var alarm in page.Items) yield return alarm;
            cursor = page.Next;
        }
        while (cursor is not null);
    }

    /// <summary>A value alarm says more than silence; of two the more urgent shows.</summary>
    private static string Worse(string? other, AlarmView alarm)
    {
        var state = alarm.Reason == AlarmReason.NoData ? "silent" : alarm.Severity.ToString().ToLowerInvariant();
        return other is null || Rank(state) < Rank(other) ? state : other;
    }

    private static int Rank(string state) => state == "silent" ? 9 : state[1] - '0';

    public string Of(string point) => states.GetValueOrDefault(point, "ok");

    public PointView View(PointEntry point)
    {
        var id = point.Id.ToString();
        var last = point.Last is { } reading ? ReadingJson.Item(reading.TimeMs, reading.Value, reading.Quality) : null;
        return new PointView(id, point.Id.Site, point.Id.Device, point.Id.Name, PointKinds.Name(point.Kind), point.Unit, point.Asset, point.Labels, last, Of(id));
    }

    public PointView? View(PointId id) => registry.FindPoint(id) is { } point ? View(point) : null;
}
