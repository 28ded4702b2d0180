using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>The last two minutes of a point in a snapshot: after the readings' own clock and alarms.</summary>
public sealed partial class RuleEngine
{
    private const int PastReadingSize = 26;
    private const int PastMemorySize = 12 + AlarmSize - 4;
    private const int PastToldSize = 12 + ToldSize;

    private static void SavePast(SnapshotWriter writer, PointState point)
    {
        writer.Bool(point.Past is not null);
        if (point.Past is not { } past) return;
        past.Trim();
        writer.Long(past.SettledMs);
        writer.Long(past.FiredMs);
        writer.Int(past.Count);
        for (var i = 0; i < past.Count; i++)
        {
            var reading = past[i];
            writer.Long(reading.TimeMs);
            writer.Long(reading.ArrivalMs);
            writer.Double(reading.Value);
            writer.Byte((byte)reading.Quality);
            if (point.Recent is { Count: > 0 })
            {
                writer.Double(reading.Lost.Value);
                writer.Byte((byte)reading.Lost.Quality);
            }
            writer.Bool(reading.Text is not null);
            if (reading.Text is { } text) writer.Text(text);
        }
        writer.Int(past.Memories.Count);
        foreach (var memory in past.Memories)
        {
            writer.Long(memory.TimeMs);
            writer.Int(point.Alarms.IndexOf(memory.Alarm));
            SaveAlarm(writer, memory.Before);
        }
        writer.Int(past.Told.Count);
        foreach (var told in past.Told)
        {
            writer.Long(told.TimeMs);
            writer.Int(point.Alarms.IndexOf(told.Alarm));
            SaveTold(writer, told.Transition);
        }
    }

    /// <summary>Reads it, and lets the point hear its last readings.</summary>
    private static SavedPast? LoadPast(ref SnapshotReader reader, PointState state, bool recent, List<RuleDefinition?> alarms)
    {
        if (!reader.Bool()) return null;
        var past = new PointPast(state.Clock) { SettledMs = reader.Long(), FiredMs = reader.Long() };
        for (var count = reader.Count(PastReadingSize); count > 0 && !reader.Failed; count--)
        {
            var (time, arrival, value, quality) = (reader.Long(), reader.Long(), reader.Double(), (Quality)reader.Byte());
            var lost = recent ? (reader.Double(), (Quality)reader.Byte()) : (double.NaN, Quality.Good);
            var reading = new PastReading(time, arrival, value, quality, reader.Bool() ? reader.Text() : null) { Lost = lost };
            past.Restore(reading);
            state.Clock.Hear(reading);
        }
        var saved = new SavedPast(past);
        for (var count = reader.Count(PastMemorySize); count > 0 && !reader.Failed; count--) saved.Memories.Add((reader.Long(), reader.Int(), LoadAlarm(ref reader)));
        for (var count = reader.Count(PastToldSize); count > 0 && !reader.Failed; count--)
        {
            var (time, index) = (reader.Long(), reader.Int());
            var rule = index >= 0 && index < alarms.Count ? alarms[index] : null;
            if (LoadTold(ref reader, rule, state.Context.Id) is { } told) saved.Told.Add((time, index, told));
        }
        return saved;
    }

    /// <summary>A point's past of which the alarms are not there yet.</summary>
    private sealed class SavedPast(PointPast past)
    {
        public List<(long TimeMs, int Alarm, AlarmMemory Before)> Memories { get; } = [];

        public List<(long TimeMs, int Alarm, AlarmTransition Told)> Told { get; } = [];

        /// <summary>The point's alarms are those that were saved.</summary>
        public void GiveTo(PointState point)
        {
            foreach (var (time, alarm, before) in Memories)
            {
                if (alarm >= 0 && alarm < point.Alarms.Count) past.Memories.Add(new PastMemory(time, point.Alarms[alarm], before));
            }
            foreach (var (time, alarm, told) in Told) past.Told.Add(new PastTold(time, point.Alarms[alarm], told));
            point.Past = past;
        }
    }
}
