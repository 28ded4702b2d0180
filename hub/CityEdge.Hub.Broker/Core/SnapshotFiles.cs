using System.Buffers.Binary;
using System.Globalization;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Snapshot files of the broker's state: magic, format, journal position, length, body, checksum. Written aside, flushed, renamed; the newest two are kept, and a damaged
/// one falls back to the one before (design §4).
/// </summary>
internal sealed class SnapshotFiles(string directory)
{
    private const uint Magic = 0x53424543; // "CEBS"
    private const int HeaderBytes = 24;
    private const int Kept = 2;

    /// <summary>Newest first.</summary>
    public List<string> List() =>
        Directory.Exists(directory) ? [.. Directory.GetFiles(directory, "broker-*.snapshot").OrderByDescending(f => f, StringComparer.Ordinal)] : [];

    /// <summary>Reads one; null with the reason when it is damaged or of another format.</summary>
    public static (long Position, byte[] Body)? Read(string file, out string why)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (IOException failure)
        {
            why = failure.Message;
            return null;
        }
        why = "too short";
        if (bytes.Length < HeaderBytes + 4) return null;
        var span = bytes.AsSpan();
        why = "not a snapshot";
        if (BinaryPrimitives.ReadUInt32LittleEndian(span) != Magic) return null;
        var format = BinaryPrimitives.ReadInt32LittleEndian(span[4..]);
        why = $"format {format}, this program knows {StateFold.Format}";
        if (format != StateFold.Format) return null;
        var position = BinaryPrimitives.ReadInt64LittleEndian(span[8..]);
        var length = BinaryPrimitives.ReadInt64LittleEndian(span[16..]);
        why = "its length is wrong";
        if (length != bytes.Length - HeaderBytes - 4) return null;
        why = "its checksum is wrong";
        if (Checksum(span[..^4]) != BinaryPrimitives.ReadUInt32LittleEndian(span[^4..])) return null;
        why = "";
        return (position, bytes[HeaderBytes..^4]);
    }

    /// <summary>Writes one durably and removes those past the kept ones. Returns the position of the oldest kept.</summary>
    public long Write(long position, ReadOnlySpan<byte> body, long sequence)
    {
        Directory.CreateDirectory(directory);
        var bytes = new byte[HeaderBytes + body.Length + 4];
        var span = bytes.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(span, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(span[4..], StateFold.Format);
        BinaryPrimitives.WriteInt64LittleEndian(span[8..], position);
        BinaryPrimitives.WriteInt64LittleEndian(span[16..], body.Length);
        body.CopyTo(span[HeaderBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(span[^4..], Checksum(span[..^4]));
        var name = string.Create(CultureInfo.InvariantCulture, $"broker-{position:D20}-{sequence:D6}.snapshot");
        var path = Path.Combine(directory, name);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
        var all = List();
        foreach (var old in all.Skip(Kept)) File.Delete(old);
        return PositionOf(all[Math.Min(Kept, all.Count) - 1]);
    }

    private static long PositionOf(string file) =>
        long.TryParse(Path.GetFileName(file).AsSpan("broker-".Length, 20), NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : 0;

    private static uint Checksum(ReadOnlySpan<byte> bytes) => Crc32C.Of(bytes);
}
