using System.Buffers;
using System.Buffers.Binary;
using CityEdge.Rules;

namespace CityEdge.Hub.Ingest;

/// <summary>
/// The snapshot of a fold: the engine's, the desk's, the desk's length (4 bytes, little-endian), a mark. One without the mark was written before there was a desk and is the engine's alone.
/// </summary>
public static class FoldSnapshot
{
    private static ReadOnlySpan<byte> Mark => "+desk001"u8;

    /// <summary>Writes both.</summary>
    public static void Save(RuleEngine engine, AlarmDesk desk, ArrayBufferWriter<byte> to)
    {
        engine.Save(to);
        var before = to.WrittenCount;
        desk.Save(to);
        BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(4), to.WrittenCount - before);
        to.Advance(4);
        to.Write(Mark);
    }

    /// <summary>The parts; the desk's is null where there is none.</summary>
    public static (ReadOnlyMemory<byte> Engine, ReadOnlyMemory<byte>? Desk) Split(ReadOnlyMemory<byte> snapshot)
    {
        var tail = Mark.Length + 4;
        if (snapshot.Length < tail || !snapshot.Span[^Mark.Length..].SequenceEqual(Mark)) return (snapshot, null);
        var length = BinaryPrimitives.ReadInt32LittleEndian(snapshot.Span[^tail..]);
        // A length that cannot be leaves an engine part that does not fit its check sum.
        return length < 0 || length > snapshot.Length - tail ? (snapshot, null) : (snapshot[..^(tail + length)], snapshot[^(tail + length)..^tail]);
    }
}
