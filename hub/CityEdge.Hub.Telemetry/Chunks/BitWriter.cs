namespace CityEdge.Hub.Telemetry;

/// <summary>Bits into a <see cref="ByteWriter"/>, lowest first; a column ends on a byte.</summary>
internal ref struct BitWriter(ByteWriter output)
{
    private ulong pending;
    private int filled;

    /// <summary>The lowest <paramref name="bits"/> (0 to 64) of a value.</summary>
    public void Put(ulong value, int bits)
    {
        if (bits == 0) return;
        if (bits < 64) value &= (1UL << bits) - 1;
        pending |= value << filled;
        if (filled + bits < 64)
        {
            filled += bits;
            return;
        }
        output.Int64((long)pending);
        var used = 64 - filled;
        pending = used == 64 ? 0 : value >> used;
        filled = filled + bits - 64;
    }

    public void End()
    {
        for (; filled > 0; filled -= 8, pending >>= 8) output.Byte((byte)pending);
        filled = 0;
    }
}
