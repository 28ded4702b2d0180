using System.Text;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>A SenML message as an edge agent sends it: some points of a device at one time. Times are now, values wander so that rules see both sides of their thresholds.</summary>
internal sealed unsafe class SenmlPatch
{
    /// <summary>Points of a device, by name, unit, lowest value and span in hundredths.</summary>
    private static readonly (string Name, string Unit, int Low, int Span)[] Points =
    [
        ("cabinet.temperature", "Cel", 1500, 3000), ("cabinet.humidity", "%RH", 3000, 6500), ("mains.voltage", "V", 20000, 5000), ("mains.power", "W", 10000, 40000),
        ("room.temperature", "Cel", 1400, 1200), ("pump.pressure", "Pa", 10000, 40000), ("tank.level", "m", 1000, 400), ("room.co2", "ppm", 40000, 160000),
    ];

    private const int TimeDigits = 13;
    private readonly byte[] template;
    private readonly int timeAt;
    private readonly int[] valueAt;

    public SenmlPatch(int readings)
    {
        if (readings > Points.Length) throw new UsageException($"--readings is {readings}; a message has at most {Points.Length}.");
        var text = new StringBuilder("[{\"bt\":");
        timeAt = text.Length;
        text.Append("0000000000.000,");
        valueAt = new int[readings];
        for (var i = 0; i < readings; i++)
        {
            text.Append($"{(i == 0 ? "" : "{")}\"n\":\"{Points[i].Name}\",\"u\":\"{Points[i].Unit}\",\"v\":");
            valueAt[i] = text.Length;
            text.Append("00000.00}").Append(i == readings - 1 ? "]" : ",");
        }
        template = Encoding.ASCII.GetBytes(text.ToString());
    }

    public byte[] Template() => template;

    public void Write(byte* payload, int device, long sequence)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Telegrams.Digits(payload + timeAt, TimeDigits - 3, now / 1000);
        Telegrams.Digits(payload + timeAt + TimeDigits - 2, 3, now % 1000);
        for (var i = 0; i < valueAt.Length; i++)
        {
            var (_, _, low, span) = Points[i];
            // A triangle over 400 messages, each device and point elsewhere on it.
            var phase = (int)((sequence + (device * 37L) + (i * 11)) % 400);
            Value(payload + valueAt[i], low + (span * (phase < 200 ? phase : 400 - phase) / 200));
        }
    }

    /// <summary>Eight bytes: JSON allows no leading zeros, but blanks.</summary>
    private static void Value(byte* to, int hundredths)
    {
        Telegrams.Digits(to + 6, 2, hundredths % 100);
        to[5] = (byte)'.';
        Telegrams.Digits(to, 5, hundredths / 100);
        for (var i = 0; i < 4 && to[i] == '0'; i++) to[i] = (byte)' ';
    }
}
