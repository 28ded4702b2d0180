namespace CityEdge.Mqtt;

/// <summary>Variable byte integer of 5.0 §1.5.5 (Remaining Length of 3.1.1 §2.2.3): 0 to 268 435 455 in one to four bytes.</summary>
public static class VariableByteInteger
{
    /// <summary>Largest value, 268 435 455.</summary>
    public const int Max = 268_435_455;

    /// <summary>Bytes that the shortest encoding takes, 1 to 4; the value must be at most <see cref="Max"/>.</summary>
    public static int Length(uint value) => value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4;

    /// <summary>Bytes read from the start (1 to 4); 0 when more bytes are needed, -1 when it is longer than four bytes or not the shortest form.</summary>
    public static int Read(ReadOnlySpan<byte> source, out uint value)
    {
        value = 0;
        for (var i = 0; i < 4; i++)
        {
            if (i >= source.Length) return 0;
            var b = source[i];
            value |= (uint)(b & 0x7F) << (7 * i);
            if (b < 0x80) return i > 0 && b == 0 ? -1 : i + 1;
        }
        return -1;
    }

    /// <summary>Writes the shortest form; returns its length.</summary>
    public static int Write(Span<byte> destination, uint value)
    {
        var i = 0;
        while (value >= 128)
        {
            destination[i++] = (byte)(value | 0x80);
            value >>= 7;
        }
        destination[i++] = (byte)value;
        return i;
    }
}
