namespace CityEdge.Bench.Mqtt.Load;

/// <summary>What one subscriber got of every publisher's numbered messages: each once, in order, nothing missing.</summary>
internal sealed class SequenceCheck
{
    private const int Remembered = 4096;
    private readonly long[] next;
    private readonly ulong[] seen;

    public SequenceCheck(int devices)
    {
        next = new long[devices];
        seen = new ulong[devices * (Remembered / 64)];
    }

    /// <summary>Messages that came for the first time.</summary>
    public long Distinct { get; private set; }

    /// <summary>Messages that came again.</summary>
    public long Repeated { get; private set; }

    /// <summary>Messages that came for the first time after a later one of the same publisher.</summary>
    public long Late { get; private set; }

    /// <summary>False for a message that came before.</summary>
    public bool Take(int device, long sequence)
    {
        ref var expected = ref next[device];
        if (sequence >= expected)
        {
            // What was jumped over may still come.
            for (var skipped = Math.Max(expected, sequence - Remembered); skipped < sequence; skipped++) Slot(device, skipped) &= ~(1UL << (int)(skipped & 63));
            Slot(device, sequence) |= 1UL << (int)(sequence & 63);
            expected = sequence + 1;
            Distinct++;
            return true;
        }
        var bit = 1UL << (int)(sequence & 63);
        // Too long ago to know: a repeat is the likelier.
        if (sequence < expected - Remembered || (Slot(device, sequence) & bit) != 0)
        {
            Repeated++;
            return false;
        }
        Slot(device, sequence) |= bit;
        Distinct++;
        Late++;
        return true;
    }

    private ref ulong Slot(int device, long sequence) => ref seen[(device * (Remembered / 64)) + (int)(sequence % Remembered / 64)];
}
