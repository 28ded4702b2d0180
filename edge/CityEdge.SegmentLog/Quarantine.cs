using System.Globalization;

namespace CityEdge.SegmentLog;

/// <summary>Keeps a copy of damaged bytes for a person to look at, named by position, up to a cap. A region found again replaces its own copy.</summary>
internal sealed class Quarantine(ILogFiles files, string directory, long maxBytes)
{
    private long used = -1;

    public void Copy(ILogFile source, Segment segment, long start, long end)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{start:x16}-{end:x16}.bin");
        files.CreateDirectory(directory);
        if (files.List(directory).Contains(name) || Used() + (end - start) > maxBytes) return;
        using var copy = files.Open(Path.Combine(directory, name), create: true);
        var buffer = new byte[(int)Math.Min(end - start, 64 << 10)];
        for (var position = start; position < end;)
        {
            var read = source.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - position)), segment.FileOffset(position));
            if (read == 0) break;
            copy.Write(buffer.AsSpan(0, read), position - start);
            position += read;
        }
        copy.Flush();
        used += end - start;
    }

    /// <summary>Moves a file that holds no record at all out of the way.</summary>
    public void Move(string path)
    {
        files.CreateDirectory(directory);
        files.Rename(path, Path.Combine(directory, Path.GetFileName(path)));
        used = -1;
    }

    private long Used()
    {
        if (used >= 0) return used;
        used = 0;
        foreach (var name in files.List(directory))
        {
            using var file = files.OpenRead(Path.Combine(directory, name));
            used += file.Length;
        }
        return used;
    }
}
