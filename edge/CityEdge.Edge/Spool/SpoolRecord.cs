using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using CityEdge.Contracts;
using CityEdge.SegmentLog;

namespace CityEdge.Edge;

/// <summary>
/// What stands in one record of the spool: byte 0 format (1), bytes 1–2 number of readings or events, then JSON objects joined by commas, without the brackets of the array. The
/// objects are what goes on the wire, so that uploading joins bytes and encodes nothing; they carry no base name, so that a backlog outlives a renamed device.
/// </summary>
internal static class SpoolRecord
{
    public const byte Telemetry = 1;
    public const byte Events = 2;
    public const int HeaderBytes = 3;

    /// <summary>Largest JSON in one record: with brackets and topic it stays below the packet limit of 256 KiB.</summary>
    public const int MaxJsonBytes = 200 << 10;
    private const byte Format = 1;

    /// <summary>Bodies of at most <see cref="MaxJsonBytes"/>. A reading that is larger alone is passed to <paramref name="tooLarge"/>.</summary>
    public static IEnumerable<byte[]> EncodeReadings(string site, string device, ReadOnlyMemory<Reading> readings, Action<Reading> tooLarge)
    {
        const int AtOnce = 1000;
        while (readings.Length > AtOnce)
        {
            foreach (var body in EncodeReadings(site, device, readings[..AtOnce], tooLarge)) yield return body;
            readings = readings[AtOnce..];
        }
        if (readings.IsEmpty) yield break;
        var one = Encode(site, device, readings.Span);
        if (one.Length - HeaderBytes <= MaxJsonBytes)
        {
            yield return one;
        }
        else if (readings.Length == 1)
        {
            tooLarge(readings.Span[0]);
        }
        else
        {
            var half = readings.Length / 2;
            foreach (var body in EncodeReadings(site, device, readings[..half], tooLarge)) yield return body;
            foreach (var body in EncodeReadings(site, device, readings[half..], tooLarge)) yield return body;
        }
    }

    public static byte[] EncodeEvent(CloudEvent one)
    {
        var json = new ArrayBufferWriter<byte>(512);
        CloudEventJson.Encode(json, one);
        return Body(json.WrittenSpan, 1);
    }

    /// <summary>Number of readings or events; 0 for a body of another format.</summary>
    public static int Count(LogRecord record) =>
        record.Body.Length > HeaderBytes && record.Body.Span[0] == Format ? BinaryPrimitives.ReadUInt16LittleEndian(record.Body.Span[1..]) : 0;

    /// <summary>The payload of one message: a JSON array of all that the records hold.</summary>
    public static byte[] Join(IReadOnlyList<LogRecord> records)
    {
        var payload = new byte[2 + records.Sum(r => r.Body.Length - HeaderBytes) + records.Count - 1];
        var at = 0;
        foreach (var record in records)
        {
            payload[at] = at == 0 ? (byte)'[' : (byte)',';
            record.Body.Span[HeaderBytes..].CopyTo(payload.AsSpan(++at));
            at += record.Body.Length - HeaderBytes;
        }
        payload[at] = (byte)']';
        return payload;
    }

    private static byte[] Encode(string site, string device, ReadOnlySpan<Reading> readings)
    {
        var baseName = $"{site}/{device}/";
        var json = new ArrayBufferWriter<byte>(96 * readings.Length + 64);
        SenmlJson.Encode(json, baseName, readings);
        // [{"bn":"site/device/",… becomes {…: the topic gives the base name.
        var bytes = json.WrittenSpan;
        var stated = Encoding.ASCII.GetBytes($"[{{\"bn\":\"{baseName}\",");
        if (!bytes.StartsWith(stated)) throw new InvalidOperationException("The SenML encoder does not begin with the base name.");
        var body = Body(bytes[(stated.Length - 1)..^1], readings.Length);
        body[HeaderBytes] = (byte)'{';
        return body;
    }

    private static byte[] Body(ReadOnlySpan<byte> json, int count)
    {
        var body = new byte[HeaderBytes + json.Length];
        body[0] = Format;
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(1), (ushort)count);
        json.CopyTo(body.AsSpan(HeaderBytes));
        return body;
    }
}
