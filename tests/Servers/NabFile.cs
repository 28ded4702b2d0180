using System.Globalization;

namespace CityEdge.Tests.Servers;

/// <summary>A recording of the Numenta Anomaly Benchmark: <c>timestamp,value</c>, UTC.</summary>
public sealed class NabFile
{
    /// <summary>The machine temperature recording: 22 695 rows, 22 683 distinct times, 12 of them twice with different values.</summary>
    public const string MachineTemperature = "data/nab/data/realKnownCause/machine_temperature_system_failure.csv";

    private NabFile(string path, IReadOnlyList<(long TimeMs, double Value)> rows) => (Path, Rows) = (path, rows);

    public string Path { get; }

    public IReadOnlyList<(long TimeMs, double Value)> Rows { get; }

    /// <summary>What a store must hold: for a time that occurs twice the later row.</summary>
    public SortedDictionary<long, double> Stored
    {
        get
        {
            var stored = new SortedDictionary<long, double>();
            foreach (var (time, value) in Rows) stored[time] = value;
            return stored;
        }
    }

    public static NabFile Read(string name = MachineTemperature)
    {
        var path = Checkout.Shared(name);
        var rows = File.ReadLines(path).Skip(1).Select(line => line.Split(','))
            .Select(f => (DateTimeOffset.ParseExact(f[0], "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds(), double.Parse(f[1], CultureInfo.InvariantCulture)));
        return new NabFile(path, rows.ToList());
    }

    /// <summary>
    /// The few lines that rules must agree with: below <paramref name="raise"/> for <paramref name="hold"/> raises, at or above <paramref name="clear"/> for
    /// <paramref name="off"/> clears, and a reading not newer than the last is ignored. Event times in Unix ms.
    /// </summary>
    public IReadOnlyList<(long RaisedMs, long? ClearedMs)> Alarms(double raise, double clear, TimeSpan hold, TimeSpan off)
    {
        var alarms = new List<(long, long?)>();
        long last = long.MinValue, since = -1, fine = -1, raised = -1;
        foreach (var (time, value) in Rows)
        {
            if (time <= last) continue;
            last = time;
            if (raised < 0)
            {
                since = value < raise ? since < 0 ? time : since : -1;
                if (since >= 0 && time - since >= hold.TotalMilliseconds) (raised, fine) = (since + (long)hold.TotalMilliseconds, -1);
            }
            else
            {
                fine = value >= clear ? fine < 0 ? time : fine : -1;
                if (fine < 0 || time - fine < off.TotalMilliseconds) continue;
                alarms.Add((raised, fine + (long)off.TotalMilliseconds));
                (raised, since) = (-1, -1);
            }
        }
        if (raised >= 0) alarms.Add((raised, null));
        return alarms;
    }
}
