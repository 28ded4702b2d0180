namespace CityEdge.SegmentLog;

/// <summary>Looks into a log's folder without changing it, stopped or in use: <c>spool stats|verify</c>, <c>journal stats|verify</c>.</summary>
public static class LogInspector
{
    /// <summary>
    /// Walks every record and checks it. <paramref name="visit"/> sees each whole record; its body is valid during the call only. Throws
    /// <see cref="DirectoryNotFoundException"/> when there is no log, <see cref="InvalidDataException"/> for a newer format.
    /// </summary>
    public static LogReport Inspect(string directory, Action<LogRecord>? visit = null, ILogFiles? files = null)
    {
        files ??= DiskLogFiles.Instance;
        var bases = new List<long>();
        foreach (var name in files.List(directory))
        {
            if (Segment.TryParseName(name, out var basePosition)) bases.Add(basePosition);
        }
        if (bases.Count == 0) throw new DirectoryNotFoundException($"{directory} holds no log (no *.seg file). Give the folder of a spool or journal.");
        bases.Sort();
        var walk = new Walk(files, directory, visit);
        for (var i = 0; i < bases.Count; i++) walk.Segment(bases[i], i + 1 < bases.Count ? bases[i + 1] : null);
        return walk.Report(bases);
    }

    private sealed class Walk(ILogFiles files, string directory, Action<LogRecord>? visit)
    {
        private readonly Dictionary<byte, long> kinds = [];
        private readonly List<DamagedRegion> damaged = [];
        private uint? salt;
        private long disk, records, end, tail;
        private long? firstTime, lastTime;
        private int badHeaders;

        public void Segment(long basePosition, long? next)
        {
            var name = SegmentLog.Segment.FileName(basePosition);
            var path = Path.Combine(directory, name);
            ILogFile file;
            try
            {
                file = files.OpenRead(path);
            }
            catch (FileNotFoundException)
            {
                // Trimmed by the running log meanwhile.
                return;
            }
            using (file)
            {
                disk += file.Length;
                var own = SegmentHeader.ReadSalt(file, basePosition, path);
                if (own is null) badHeaders++;
                salt ??= own;
                var result = SegmentScanner.Scan(file, basePosition, own ?? salt ?? 0, next ?? long.MaxValue, See);
                foreach (var hole in result.Holes) damaged.Add(new DamagedRegion(hole.Start, hole.End, name, hole.Torn));
                if (next is { } following && result.End < following) damaged.Add(new DamagedRegion(result.End, following, name, Torn: false));
                tail = result.DirtyEnd - result.End;
                end = result.End;
            }
        }

        public LogReport Report(List<long> bases) => new()
        {
            Directory = directory,
            Segments = bases.Count,
            DiskBytes = disk,
            Start = bases[0],
            End = end,
            Records = records,
            RecordsByKind = kinds,
            FirstTimeMs = firstTime,
            LastTimeMs = lastTime,
            Damaged = damaged,
            TornTailBytes = tail,
            DamagedHeaders = badHeaders,
            Cursors = Cursors(),
            QuarantineBytes = files.List(Path.Combine(directory, "quarantine")).Sum(n =>
            {
                using var file = files.OpenRead(Path.Combine(directory, "quarantine", n));
                return file.Length;
            }),
        };

        private void See(LogRecord record)
        {
            records++;
            kinds[record.Kind] = kinds.GetValueOrDefault(record.Kind) + 1;
            firstTime ??= record.TimeMs;
            lastTime = record.TimeMs;
            visit?.Invoke(record);
        }

        private List<CursorStats> Cursors()
        {
            var folder = Path.Combine(directory, "cursors");
            var all = new List<CursorStats>();
            foreach (var name in CursorFile.Names(files, folder))
            {
                var position = CursorFile.Read(files, folder, name).Position;
                all.Add(new CursorStats(name, position, Math.Max(0, end - Math.Max(position, 0))));
            }
            return all;
        }
    }
}
