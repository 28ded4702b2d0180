using System.Security.Cryptography;

namespace CityEdge.SegmentLog;

public sealed partial class AppendLog
{
    /// <summary>
    /// Opens what is there: walks the newest segments, cuts the torn tail, notes damaged regions, and never gives out a position again that a cursor may hold.
    /// </summary>
    private void Recover()
    {
        files.Delete(Path.Combine(options.Directory, SpareName));
        var found = FindSegments();
        var beyond = Math.Max(options.MinimumEnd, HighestStoredCursor());
        for (var i = 0; i < found.Count; i++) found[i].End = i + 1 < found.Count ? found[i + 1].Base : long.MaxValue;
        long walked = 0;
        for (var i = found.Count - 1; i >= 0; i--)
        {
            var segment = found[i];
            if (walked > options.VerifyOnOpenBytes && i < found.Count - 1) break;
            walked += segment.Capacity;
            var newest = i == found.Count - 1;
            if (Walk(segment, segment.End, cutTail: newest).Records > 0 || segment.OnDisk) continue;
            // Damaged header and not one record: an unfinished creation, or not a segment at all.
            handles.Forget(segment);
            quarantine.Move(segment.Path);
            found.RemoveAt(i);
            if (i > 0) found[i - 1].End = i < found.Count ? found[i].Base : long.MaxValue;
            if (newest && segment.Base < long.MaxValue / 2) beyond = Math.Max(beyond, segment.Base);
        }
        segments.AddRange(found);
        foreach (var segment in segments) segment.OnDisk = true;
        end = segments.Count == 0 ? beyond : segments[^1].End;
        if (segments.Count == 0 || end < beyond || !HeaderIsWhole(segments[^1])) AddSegment(Math.Max(end, beyond));
        // Records of a killed process may so far be in the page cache only.
        handles.Get(segments[^1], active: true).Flush();
        if (segments.Count > 1) handles.Get(segments[^2]).Flush();
        files.FlushDirectory(options.Directory);
        start = segments[0].Base;
        end = durableEnd = segments[^1].End;
    }

    /// <summary>Segments by base position; OnDisk says for now whether the header is whole.</summary>
    private List<Segment> FindSegments()
    {
        var bases = new List<long>();
        foreach (var name in files.List(options.Directory))
        {
            if (Segment.TryParseName(name, out var basePosition)) bases.Add(basePosition);
        }
        bases.Sort();
        var headers = new List<(long Base, long Capacity, uint? Salt)>();
        foreach (var basePosition in bases)
        {
            using var file = files.OpenRead(PathOf(basePosition));
            headers.Add((basePosition, Math.Max(0, file.Length - SegmentHeader.Bytes), SegmentHeader.ReadSalt(file, basePosition, PathOf(basePosition))));
        }
        // One salt for the life of the log: a segment whose header is lost is read with its neighbours'.
        salt = headers.Select(h => h.Salt).FirstOrDefault(s => s is not null) ?? BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
        return [.. headers.Select(h => new Segment(PathOf(h.Base), h.Base, h.Capacity, h.Salt ?? salt) { OnDisk = h.Salt is not null, Scanned = false })];
    }

    private ScanResult Walk(Segment segment, long limit, bool cutTail)
    {
        var file = handles.Get(segment);
        var result = SegmentScanner.Scan(file, segment.Base, segment.Salt, limit);
        Adopt(segment, result, file, tailToo: !cutTail);
        foreach (var hole in result.Holes)
        {
            if (hole.Torn) tornBytes += hole.End - hole.Start;
        }
        if (cutTail && result.DirtyEnd > result.End)
        {
            tornBytes += result.DirtyEnd - result.End;
            for (var position = result.End; position < result.DirtyEnd; position += zeros.Length)
                file.Write(zeros.AsSpan(0, (int)Math.Min(zeros.Length, result.DirtyEnd - position)), segment.FileOffset(position));
            file.Flush();
        }
        return result;
    }

    private void Adopt(Segment segment, ScanResult result, ILogFile file, bool tailToo)
    {
        foreach (var hole in result.Holes)
        {
            if (!hole.Torn) quarantine.Copy(file, segment, hole.Start, hole.End);
        }
        if (tailToo && result.DirtyEnd > result.End) quarantine.Copy(file, segment, result.End, result.DirtyEnd);
        segment.Scanned = true;
        segment.End = result.End;
        segment.Records = result.Records;
        segment.Holes = result.Holes;
    }

    private bool HeaderIsWhole(Segment segment) =>
        SegmentHeader.ReadSalt(handles.Get(segment), segment.Base, segment.Path) is not null && segment.Capacity >= RecordFormat.HeaderBytes;

    private void AddSegment(long basePosition)
    {
        var segment = new Segment(PathOf(basePosition), basePosition, options.SegmentBytes - SegmentHeader.Bytes, salt);
        if (segments.Count > 0 && segments[^1].Base == basePosition)
        {
            // An empty last segment whose header is damaged: start it anew under the same name.
            handles.Forget(segments[^1]);
            segments.RemoveAt(segments.Count - 1);
        }
        CreateSegment(segment);
        segments.Add(segment);
    }
}
