using System.Buffers.Binary;

namespace CityEdge.SegmentLog.Tests;

/// <summary>The documented record layout written a second time, slowly, so that a change of the format cannot go unnoticed.</summary>
internal static class RecordFormatMirror
{
    /// <summary>Writes the header over the first 32 bytes; the body is already there. Nothing else was unflushed.</summary>
    public static void Write(Span<byte> record, byte kind, long timeMs, long position, uint salt)
    {
        record[4] = 0x1E;
        record[5] = 0xCE;
        record[6] = kind;
        record[7] = 0;
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], record.Length - 32);
        BinaryPrimitives.WriteUInt32LittleEndian(record[12..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], position);
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], timeMs);
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc(salt, record[4..]));
    }

    /// <summary>CRC-32C (RFC 3720 §12.1, reflected polynomial 0x82F63B78), bit by bit; the salt is xored into the initial value.</summary>
    public static uint Crc(uint salt, ReadOnlySpan<byte> bytes)
    {
        var crc = ~salt;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0x82F63B78u);
        }
        return ~crc;
    }
}
