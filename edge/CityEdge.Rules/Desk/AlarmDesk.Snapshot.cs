using System.Buffers;
using System.Security.Cryptography;
using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class AlarmDesk
{
    private const int FormatVersion = 1;
    private const int SumLength = 16;

    // Least bytes of one of each, so that a count cannot ask for more memory than the snapshot has bytes.
    private const int AlarmSize = 70;
    private const int ShelfSize = 16;
    private const int WindowSize = 40;

    /// <summary>Writes all state: active alarms with their suppression and timers, shelves, maintenance windows, what is known of flapping and floods, and a check sum.</summary>
    public void Save(IBufferWriter<byte> to)
    {
        var writer = new SnapshotWriter();
        writer.Int(FormatVersion);
        writer.Int(active.All.Count);
        foreach (var alarm in active.All.Order()) Save(writer, alarm);
        writer.Int(shelves.Count);
        foreach (var (rule, point, until) in shelves.Select(shelf => (shelf.Key.Rule, Point: shelf.Key.Point.ToString(), shelf.Value)).OrderBy(shelf => shelf.Rule, StringComparer.Ordinal).ThenBy(shelf => shelf.Point, StringComparer.Ordinal))
        {
            writer.Text(rule);
            writer.Text(point);
            writer.Long(until);
        }
        writer.Int(windows.Count);
        foreach (var window in windows.All)
        {
            writer.Text(window.Id);
            writer.Text(window.Asset ?? "");
            writer.Text(window.Point?.ToString() ?? "");
            writer.Text(window.Rule ?? "");
            writer.Long(window.FromMs);
            writer.Long(window.LengthMs);
            writer.Text(window.Repeats?.Rule.Text ?? "");
        }
        chatter.Save(writer);
        flood.Save(writer);
        to.Write(writer.Written);
        to.Write(SHA256.HashData(writer.Written).AsSpan(0, SumLength));
    }

    /// <summary>A desk as it was saved, on a site whose event clocks are those of the same moment; null when the bytes are damaged or of another format.</summary>
    public static AlarmDesk? Load(ReadOnlySpan<byte> from, IDeskSite site, TimeZoneInfo zone)
    {
        if (from.Length < SumLength || !SHA256.HashData(from[..^SumLength]).AsSpan(0, SumLength).SequenceEqual(from[^SumLength..])) return null;
        var reader = new SnapshotReader(from[..^SumLength]);
        if (reader.Int() != FormatVersion) return null;
        var desk = new AlarmDesk(site, zone);
        for (var count = reader.Count(AlarmSize); count > 0 && !reader.Failed; count--)
        {
            if (LoadAlarm(ref reader) is not { } alarm) return null;
            desk.Put(alarm);
        }
        for (var count = reader.Count(ShelfSize); count > 0 && !reader.Failed; count--)
        {
            var rule = reader.Text();
            if (!PointId.TryParse(reader.Text(), out var point)) return null;
            desk.shelves[(rule, point)] = reader.Long();
        }
        desk.FindFirstShelf();
        for (var count = reader.Count(WindowSize); count > 0 && !reader.Failed; count--)
        {
            var (id, asset, pointText, rule, start, length, repeats) = (reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Long(), reader.Long(), reader.Text());
            var recurrence = repeats.Length > 0 ? RecurrenceRule.Parse(repeats, out _) : null;
            if ((repeats.Length > 0 && recurrence is null) || (pointText.Length > 0 && !PointId.TryParse(pointText, out _))) return null;
            desk.windows.Put(new MaintenanceWindow(id, asset.Length > 0 ? asset : null, PointId.TryParse(pointText, out var of) ? of : null, rule.Length > 0 ? rule : null, start, length, recurrence is null ? null : new Recurrence(recurrence, start, zone)));
        }
        desk.chatter.Load(ref reader);
        desk.flood.Load(ref reader);
        return reader.Failed || reader.Remaining != 0 ? null : desk;
    }

    /// <summary>Takes over an alarm that a hub without a desk left open: offered where the engine says so.</summary>
    public void Adopt(AlarmTransition raised)
    {
        if (active.Find(raised.AlarmId) is not null) return;
        var alarm = new DeskAlarm(raised) { Path = site.PathOf(raised.Point), Offered = raised.Dispatch };
        Move(alarm, StandingTrigger.Raised);
        Put(alarm);
    }

    private void Put(DeskAlarm alarm)
    {
        active.Add(alarm);
        if (alarm.DueMs != long.MaxValue) timed++;
        Schedule(alarm);
    }

    private static void Save(SnapshotWriter writer, DeskAlarm alarm)
    {
        var t = alarm.Raised;
        writer.Text(t.AlarmId);
        writer.Text(t.Rule);
        writer.Int(t.RuleVersion);
        writer.Text(alarm.Key);
        writer.Byte((byte)t.Change);
        writer.Byte((byte)t.Severity);
        writer.Long(t.AtMs);
        writer.Long(t.RaisedAtMs);
        writer.Bool(t.Value is not null);
        writer.Double(t.Value ?? 0);
        writer.Byte((byte)t.Reason);
        writer.Bool(t.Dispatch);
        writer.Bool(t.NoData);
        writer.Int(alarm.Path.Count);
        foreach (var asset in alarm.Path) writer.Text(asset);
        writer.Long(alarm.WaitUntilMs);
        writer.Bool(alarm.MayDispatch);
        writer.Bool(alarm.Offered);
        writer.Bool(alarm.Chattering);
        writer.Byte((byte)alarm.Standing);
        writer.Bool(alarm.Suppression is not null);
        if (alarm.Suppression is not { } verdict) return;
        writer.Byte((byte)verdict.Reason);
        writer.Text(verdict.By ?? "");
        writer.Long(verdict.UntilMs);
    }

    private static DeskAlarm? LoadAlarm(ref SnapshotReader reader)
    {
        var (id, rule, version) = (reader.Text(), reader.Text(), reader.Int());
        if (!PointId.TryParse(reader.Text(), out var point)) return null;
        var (change, severity, at, raisedAt) = ((AlarmChange)reader.Byte(), (Severity)reader.Byte(), reader.Long(), reader.Long());
        var (valued, value) = (reader.Bool(), reader.Double());
        var (reason, dispatch, noData) = ((AlarmReason)reader.Byte(), reader.Bool(), reader.Bool());
        var path = new string[reader.Count(4)];
        for (var i = 0; i < path.Length; i++) path[i] = reader.Text();
        return new DeskAlarm(new AlarmTransition(id, rule, version, point, change, severity, at, raisedAt, valued ? value : null, reason, dispatch, noData))
        {
            Path = path,
            WaitUntilMs = reader.Long(),
            MayDispatch = reader.Bool(),
            Offered = reader.Bool(),
            Chattering = reader.Bool(),
            Standing = (AlarmStanding)reader.Byte(),
            Suppression = reader.Bool() ? new SuppressionVerdict((SuppressionReason)reader.Byte(), reader.Text() is { Length: > 0 } by ? by : null, reader.Long()) : null,
        };
    }
}
