using System.Runtime.InteropServices;

namespace CityEdge.Hub.Ingest;

/// <summary>Processor time of the calling thread, seconds. Two calls on one thread, with no <c>await</c> between them, tell what the work between them cost.</summary>
public static class ThreadCpu
{
    private const int ThreadClock = 3;

    /// <summary>0 on other systems than Linux.</summary>
    public static double Seconds() => OperatingSystem.IsLinux() && ClockGetTime(ThreadClock, out var time) == 0 ? time.Seconds + (time.Nanoseconds / 1e9) : 0;

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int ClockGetTime(int clock, out TimeSpec time);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
