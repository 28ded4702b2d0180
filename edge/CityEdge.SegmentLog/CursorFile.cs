using System.Buffers.Binary;

namespace CityEdge.SegmentLog;

/// <summary>
/// A cursor's position in two small files written in turn, so that a torn write damages the older one only. 40 bytes: 0 "CECURSOR" · 8 version · 16 sequence ·
/// 24 position · 36 CRC-32C of bytes 0–35.
/// </summary>
internal static class CursorFile
{
    private const int Bytes = 40;

    public static string PathOf(string directory, string name, long sequence) => Path.Combine(directory, $"{name}.{sequence & 1}");

    public static void Write(ILogFile file, long sequence, long position)
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        bytes.Clear();
        "CECURSOR"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], position);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[36..], RecordFormat.Crc(0, bytes[..36]));
        file.Write(bytes, 0);
        file.Flush();
    }

    /// <summary>The newer whole copy; (0, -1) when neither is.</summary>
    public static (long Sequence, long Position) Read(ILogFiles files, string directory, string name)
    {
        (long Sequence, long Position) best = (0, -1);
        Span<byte> bytes = stackalloc byte[Bytes];
        var present = files.List(directory);
        for (var copy = 0; copy < 2; copy++)
        {
            if (!present.Contains($"{name}.{copy}")) continue;
            using var file = files.OpenRead(PathOf(directory, name, copy));
            if (file.Read(bytes, 0) < Bytes || !bytes.StartsWith("CECURSOR"u8)) continue;
            if (BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]) != RecordFormat.Crc(0, bytes[..36])) continue;
            var sequence = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
            if (sequence > best.Sequence) best = (sequence, BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]));
        }
        return best;
    }

    /// <summary>Names of the cursors that have a file in a folder.</summary>
    public static IEnumerable<string> Names(ILogFiles files, string directory) =>
        files.List(directory).Where(n => n.EndsWith(".0", StringComparison.Ordinal) || n.EndsWith(".1", StringComparison.Ordinal))
            .Select(n => n[..^2]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
}
