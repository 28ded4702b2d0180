using System.Buffers.Binary;

namespace CityEdge.SegmentLog.Tests;

/// <summary>Small logs in a folder of their own, and records that can be told from each other.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cityedge-log-").FullName;

    public AppendLogOptions Options => TestLogs.Options(Path);

    public string[] Segments => [.. Directory.GetFiles(Path, "*.seg").Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal static class TestLogs
{
    public static AppendLogOptions Options(string path) => new()
    {
        Directory = path,
        SegmentBytes = 16 << 10,
        MaxBytes = 16 << 20,
        MaxRecordBytes = 4096,
        MaxUnflushedBytes = 8 << 10,
    };

    /// <summary>A body that names its id and can be checked: 8 bytes of id, then bytes that follow from it.</summary>
    public static byte[] Body(long id, int length)
    {
        var body = new byte[8 + length];
        BinaryPrimitives.WriteInt64LittleEndian(body, id);
        for (var i = 8; i < body.Length; i++) body[i] = (byte)(id * 31 + i);
        return body;
    }

    /// <summary>The id; fails when the body is not one that <see cref="Body"/> made.</summary>
    public static long Id(LogRecord record)
    {
        var id = BinaryPrimitives.ReadInt64LittleEndian(record.Body.Span);
        Assert.Equal(Body(id, record.Body.Length - 8), record.Body.ToArray());
        return id;
    }

    public static List<LogRecord> ReadAll(AppendLog log, long from = 0, int maxRecords = 1000, int maxBytes = 1 << 20)
    {
        var all = new List<LogRecord>();
        while (true)
        {
            var before = all.Count;
            if (log.Read(from, all, maxRecords, maxBytes) == 0) return all;
            Assert.True(all.Count > before);
            from = all[^1].NextPosition;
        }
    }
}
