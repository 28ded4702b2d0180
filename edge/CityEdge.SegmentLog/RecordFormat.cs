using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace CityEdge.SegmentLog;

/// <summary>
/// Layout of a record, little endian: 0 CRC-32C of all that follows, seeded with the log's salt · 4 magic · 6 kind · 7 zero · 8 body length · 12 distance to what
/// was durable when this was written · 16 its own logical position · 24 time · 32 body. The position makes stale bytes invalid anywhere but where they
/// were written; the salt keeps a payload that imitates a record from being taken for one when the scanner looks for the next record in a damaged region.
/// </summary>
internal static class RecordFormat
{
    public const int HeaderBytes = 32;
    public const int MagicOffset = 4;
    public const ushort Magic = 0xCE1E;

    public static ReadOnlySpan<byte> MagicBytes => [0x1E, 0xCE];

    public static void Write(Span<byte> record, byte kind, long timeMs, long position, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(record[4..], Magic);
        record[6] = kind;
        record[7] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], head.Length + tail.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], position);
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], timeMs);
        head.CopyTo(record[HeaderBytes..]);
        tail.CopyTo(record[(HeaderBytes + head.Length)..]);
    }

    /// <summary>Fills in what only the flusher knows, and the checksum.</summary>
    public static void Seal(Span<byte> record, uint salt, long durableEnd)
    {
        var distance = BinaryPrimitives.ReadInt64LittleEndian(record[16..]) - durableEnd;
        BinaryPrimitives.WriteUInt32LittleEndian(record[12..], (uint)Math.Min(distance, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc(salt, record[MagicOffset..]));
    }

    /// <summary>Size of the whole record when the header could be one for this position, else 0. Says nothing about the checksum.</summary>
    public static int TotalLength(ReadOnlySpan<byte> header, long position, long room)
    {
        if (header.Length < HeaderBytes || BinaryPrimitives.ReadUInt16LittleEndian(header[4..]) != Magic || header[7] != 0) return 0;
        if (BinaryPrimitives.ReadInt64LittleEndian(header[16..]) != position) return 0;
        var body = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        return body < 0 || body > room - HeaderBytes ? 0 : HeaderBytes + body;
    }

    public static int BodyLength(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[8..]);

    public static long DurableMark(ReadOnlySpan<byte> record) =>
        BinaryPrimitives.ReadInt64LittleEndian(record[16..]) - BinaryPrimitives.ReadUInt32LittleEndian(record[12..]);

    public static bool CrcHolds(ReadOnlySpan<byte> record, uint salt) =>
        BinaryPrimitives.ReadUInt32LittleEndian(record) == Crc(salt, record[MagicOffset..]);

    public static LogRecord ToRecord(ReadOnlyMemory<byte> record)
    {
        var span = record.Span;
        var position = BinaryPrimitives.ReadInt64LittleEndian(span[16..]);
        return new LogRecord(position, position + record.Length, span[6], BinaryPrimitives.ReadInt64LittleEndian(span[24..]), record[HeaderBytes..]);
    }

    public static uint Crc(uint salt, ReadOnlySpan<byte> bytes)
    {
        var crc = ~salt;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words) crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        foreach (var b in bytes[(words.Length * 8)..]) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
