using CityEdge.Hub.Ingest;

namespace CityEdge.Bench.Rules;

/// <summary>How fast the machine reads memory at this moment, beside which other figures are judged.</summary>
internal static class MemorySpeed
{
    private const int Length = 8 << 20 >> 2;
    private const int Reads = 4_000_000;
    private static readonly int[] Chain = Cycle();

    /// <summary>Of reads each of which depends on the one before, at random places in 8 MB.</summary>
    public static double NanosecondsARead()
    {
        var (cpu, at) = (ThreadCpu.Seconds(), 0);
        for (var i = 0; i < Reads; i++) at = Chain[at];
        GC.KeepAlive(at);
        return (ThreadCpu.Seconds() - cpu) * 1e9 / Reads;
    }

    /// <summary>One cycle through all places (Sattolo's shuffle).</summary>
    private static int[] Cycle()
    {
        var random = new Random(1);
        var chain = new int[Length];
        for (var i = 0; i < Length; i++) chain[i] = i;
        for (var i = Length - 1; i > 0; i--)
        {
            var other = random.Next(i);
            (chain[i], chain[other]) = (chain[other], chain[i]);
        }
        return chain;
    }
}
