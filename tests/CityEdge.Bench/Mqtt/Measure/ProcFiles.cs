using System.Globalization;

namespace CityEdge.Bench.Mqtt.Measure;

/// <summary>What Linux tells about a process and the machine.</summary>
internal static class ProcFiles
{
    private const double TicksPerSecond = 100;

    /// <summary>User and system time of a process, ended threads included, seconds; 0 when there is no such process.</summary>
    public static double CpuSeconds(int pid)
    {
        if (pid <= 0) return 0;
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            // The name in parentheses may have spaces.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Busy time of all cores since boot, steal by other machines included, seconds.</summary>
    public static double BusySeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new[] { 1, 2, 3, 6, 7, 8 }.Sum(i => long.Parse(fields[i], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>Resident memory and its highest mark, bytes; zeros when there is no such process.</summary>
    public static (long Now, long High) Memory(int pid)
    {
        long now = 0, high = 0;
        try
        {
            foreach (var line in File.ReadLines($"/proc/{pid}/status"))
            {
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal)) now = Kilobytes(line);
                else if (line.StartsWith("VmHWM:", StringComparison.Ordinal)) high = Kilobytes(line);
            }
        }
        catch (IOException)
        {
            return (0, 0);
        }
        return (now, high);
    }

    /// <summary>Load average of the last minute.</summary>
    public static double LoadAverage() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture);

    private static long Kilobytes(string line) => long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
}
