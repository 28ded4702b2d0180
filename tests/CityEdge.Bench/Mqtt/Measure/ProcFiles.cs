using System.Globalization;

namespace CityEdge.Bench.Mqtt.Measure;

/// <summary>What Linux tells about a process and the machine.</summary>
internal static class ProcFiles
{
    private const double TicksPerSecond = 100;

    /// <summary>User and system time of a process, ended threads included, seconds; 0 when there is no such process.</summary>
    public static double CpuSeconds(int pid)
    {
        return pid <= 0 ? 0 : Ticks($"/proc/{pid}/stat");
    }

    /// <summary>The same of the living threads with this name, which Linux cuts after 15 characters.</summary>
    public static double ThreadSeconds(int pid, string name)
    {
        double sum = 0;
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(thread, "comm")).TrimEnd() == name[..Math.Min(15, name.Length)]) sum += Ticks(Path.Combine(thread, "stat"));
            }
            catch (IOException)
            {
                // It has just ended.
                continue;
            }
        }
        return sum;
    }

    private static double Ticks(string file)
    {
        try
        {
            var text = File.ReadAllText(file);
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
