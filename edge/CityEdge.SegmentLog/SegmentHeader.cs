using System.Buffers.Binary;
using System.Text;

namespace CityEdge.SegmentLog;

/// <summary>
/// The first 4 KiB of a segment: the same 64 bytes at 0 and at 2048 (other sectors), so that one damaged sector loses nothing.
/// 0 "CITYEDGE" · 8 format version · 12 salt · 16 base position · 24 zero · 60 CRC-32C of bytes 0–59.
/// </summary>
internal static class SegmentHeader
{
    public const int Bytes = 4096;
    public const int Version = 1;
    private const int CopyBytes = 64;
    private const int SecondCopy = 2048;

    public static byte[] Create(long basePosition, uint salt)
    {
        var block = new byte[Bytes];
        var copy = block.AsSpan(0, CopyBytes);
        Encoding.ASCII.GetBytes("CITYEDGE", copy);
        BinaryPrimitives.WriteInt32LittleEndian(copy[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(copy[12..], salt);
        BinaryPrimitives.WriteInt64LittleEndian(copy[16..], basePosition);
        BinaryPrimitives.WriteUInt32LittleEndian(copy[60..], RecordFormat.Crc(0, copy[..60]));
        copy.CopyTo(block.AsSpan(SecondCopy));
        return block;
    }

    /// <summary>The salt when either copy is whole and belongs to this base; null when both are damaged. Throws for a format this version cannot read.</summary>
    public static uint? ReadSalt(ILogFile file, long basePosition, string path)
    {
        Span<byte> copy = stackalloc byte[CopyBytes];
        foreach (var offset in (ReadOnlySpan<int>)[0, SecondCopy])
        {
            if (file.Read(copy, offset) < CopyBytes || !copy.StartsWith("CITYEDGE"u8)) continue;
            if (BinaryPrimitives.ReadUInt32LittleEndian(copy[60..]) != RecordFormat.Crc(0, copy[..60])) continue;
            var version = BinaryPrimitives.ReadInt32LittleEndian(copy[8..]);
            if (version != Version)
                throw new InvalidDataException($"{path} has log format {version}; this version reads format {Version}. Use the version that wrote it, or a newer one.");
            if (BinaryPrimitives.ReadInt64LittleEndian(copy[16..]) == basePosition) return BinaryPrimitives.ReadUInt32LittleEndian(copy[12..]);
        }
        return null;
    }
}
