namespace CityEdge.Rules;

/// <summary>Arrays of a learned normal in a snapshot.</summary>
internal static class LearnedCodec
{
    public static void Floats(this SnapshotWriter writer, ReadOnlySpan<float> values)
    {
        foreach (var value in values) writer.Int(BitConverter.SingleToInt32Bits(value));
    }

    public static void Floats(ref this SnapshotReader reader, Span<float> values)
    {
        for (var i = 0; i < values.Length; i++) values[i] = BitConverter.Int32BitsToSingle(reader.Int());
    }
}
