using System.Globalization;

namespace CityEdge.SegmentLog;

/// <summary>A damaged region inside a segment, as logical positions. Torn: nothing in it was durable when the record after it was written.</summary>
internal readonly record struct Hole(long Start, long End, bool Torn);

/// <summary>One segment file in memory. Mutable fields are guarded by the log's gate.</summary>
internal sealed class Segment(string path, long basePosition, long capacity, uint salt)
{
    public string Path { get; } = path;
    public long Base { get; } = basePosition;

    /// <summary>Bytes of records that fit.</summary>
    public long Capacity { get; } = capacity;

    public uint Salt { get; } = salt;

    /// <summary>Position past the last record; for a segment not yet scanned, the base of the next one.</summary>
    public long End { get; set; } = basePosition;

    /// <summary>False for an old segment whose records have not been walked: End is then an upper bound.</summary>
    public bool Scanned { get; set; } = true;

    public long Records { get; set; }
    public Hole[] Holes { get; set; } = [];

    public bool OnDisk { get; set; }

    public long FileOffset(long position) => SegmentHeader.Bytes + (position - Base);

    public static string FileName(long basePosition) => basePosition.ToString("x16", CultureInfo.InvariantCulture) + ".seg";

    public static bool TryParseName(string name, out long basePosition)
    {
        basePosition = -1;
        return name.Length == 20 && name.EndsWith(".seg", StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out basePosition) && basePosition >= 0;
    }

    /// <summary>Where reading goes on from a position: past the hole that covers it, else the position itself.</summary>
    public long SkipHole(long position)
    {
        foreach (var hole in Holes)
        {
            if (position >= hole.Start && position < hole.End) return hole.End;
        }
        return position;
    }

    public long MeanRecord() => Records == 0 ? 0 : Math.Max(RecordFormat.HeaderBytes, (End - Base - Holes.Sum(h => h.End - h.Start)) / Records);
}
