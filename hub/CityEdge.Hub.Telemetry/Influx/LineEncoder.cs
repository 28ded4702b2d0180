using System.Buffers.Text;
using System.Globalization;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Rows as line protocol (design §5): <c>kind,device=…,point=…,site=… value=…[,quality=…i] ms</c>. The part before the fields is kept per series, numbers are
/// written straight into the buffer: nothing is allocated per row. Data (SenML <c>vd</c>) is the text of its Base64.
/// </summary>
internal sealed class LineEncoder(int maxLines, int maxBytes)
{
    private const int MaxSeries = 200_000;
    private const long MaxTimeMs = 9_223_372_036_854;
    private readonly Dictionary<(PointId Point, PointKind Kind), Entry> series = [];

    /// <summary>The server keeps numbers only: texts are left out. The first of each series is told as unwritable, the others are counted.</summary>
    public bool NumbersOnly { get; set; }

    /// <summary>Fills a batch from a row on; returns the index of the first row that found no room.</summary>
    public int Fill(InfluxBatch batch, IReadOnlyList<TelemetryRow> rows, int from)
    {
        for (; from < rows.Count; from++)
        {
            if (batch.Lines.Count >= maxLines || batch.Length >= maxBytes) break;
            Append(batch, rows[from]);
        }
        return from;
    }

    private void Append(InfluxBatch batch, in TelemetryRow row)
    {
        if (Problem(row) is { } problem)
        {
            batch.Unwritable.Add((row, problem.Reason, problem.Message));
            return;
        }
        if (!series.TryGetValue((row.Point, row.Kind), out var entry)) entry = Remember(batch, row);
        if (NumbersOnly && row.Value.Type is (ReadingType.Text or ReadingType.Data))
        {
            if (!entry.Told) batch.Unwritable.Add((row, RefusalReason.SinkRefused, $"{row.Point}: VictoriaMetrics keeps numbers only and would store this text as 0. Further ones of this point are counted, not kept."));
            else TelemetryMetrics.Refused.Add(1, TelemetryMetrics.Store("influx"), TelemetryMetrics.Reason("text"));
            entry.Told = true;
            return;
        }
        if (entry.Batch != batch.Number) (entry.EarlierBatch, entry.EarlierLatest, entry.Batch, entry.Latest) = (entry.Batch, entry.Latest, batch.Number, row.TimeMs);
        else entry.Latest = Math.Max(entry.Latest, row.TimeMs);
        if (entry.EarlierBatch == batch.Number - 1 && row.TimeMs <= entry.EarlierLatest) batch.AfterPrevious = true;

        var text = row.Value.Type switch
        {
            ReadingType.Text => row.Value.Text,
            ReadingType.Data => Convert.ToBase64String(row.Value.Data.Span),
            _ => null,
        };
        var room = batch.Room(entry.Prefix.Length + 96 + (text is null ? 0 : (text.Length * 6)));
        entry.Prefix.CopyTo(room);
        var at = entry.Prefix.Length;
        at += Field(room[at..], row.Value, text);
        // A field cannot be taken back: a good row that may repeat the time of a doubtful one must say 0.
        if (row.Quality != Quality.Good || (row.TimeMs <= entry.DoubtfulLatest && row.TimeMs >= entry.DoubtfulEarliest))
        {
            at += Copy(room[at..], ",quality="u8);
            Utf8Formatter.TryFormat((int)row.Quality, room[at..], out var digits);
            at += digits;
            room[at++] = (byte)'i';
            if (row.Quality != Quality.Good)
            {
                entry.DoubtfulEarliest = Math.Min(entry.DoubtfulEarliest, row.TimeMs);
                entry.DoubtfulLatest = Math.Max(entry.DoubtfulLatest, row.TimeMs);
            }
        }
        room[at++] = (byte)' ';
        Utf8Formatter.TryFormat(row.TimeMs, room[at..], out var written);
        at += written;
        room[at++] = (byte)'\n';
        batch.Length += at;
        batch.Lines.Add(new InfluxBatch.Line(batch.Length, row.TimeMs, row.Point));
    }

    private static int Field(Span<byte> room, in ReadingValue value, string? text)
    {
        int at;
        switch (value.Type)
        {
            case ReadingType.Number:
                at = Copy(room, "value="u8);
                value.Number.TryFormat(room[at..], out var digits, "R", CultureInfo.InvariantCulture);
                return at + digits;
            case ReadingType.Boolean:
                return Copy(room, value.Boolean ? "flag=true"u8 : "flag=false"u8);
            default:
                at = Copy(room, "text=\""u8);
                // Worst case of UTF-8 is 3 bytes a character; escaping doubles only ASCII.
                var length = Encoding.UTF8.GetBytes(text!, room[at..]);
                var escapes = 0;
                foreach (var b in room.Slice(at, length)) escapes += b is (byte)'"' or (byte)'\\' ? 1 : 0;
                for (int read = at + length - 1, write = read + escapes; write > read; read--)
                {
                    var b = room[read];
                    room[write--] = b;
                    if (b is (byte)'"' or (byte)'\\') room[write--] = (byte)'\\';
                }
                at += length + escapes;
                room[at++] = (byte)'"';
                return at;
        }
    }

    private static (RefusalReason Reason, string Message)? Problem(in TelemetryRow row)
    {
        if (row.Value.Type == ReadingType.None) return (RefusalReason.BadRecord, $"{row.Point}: the reading has no value.");
        if (row.Value.Type == ReadingType.Number && !double.IsFinite(row.Value.Number)) return (RefusalReason.NotFinite, $"{row.Point}: InfluxDB cannot keep {row.Value}.");
        if (Math.Abs(row.TimeMs) >= MaxTimeMs) return (RefusalReason.BadRecord, $"{row.Point}: time {row.TimeMs} ms is outside of what InfluxDB can keep (years 1678 to 2261).");
        return null;
    }

    private Entry Remember(InfluxBatch batch, in TelemetryRow row)
    {
        if (series.Count >= MaxSeries)
        {
            series.Clear();
            batch.AfterPrevious = true;
        }
        var prefix = $"{KindNames.Name(row.Kind)},device={Tag(row.Point.Device)},point={Tag(row.Point.Name)},site={Tag(row.Point.Site)} ";
        var entry = new Entry(Encoding.UTF8.GetBytes(prefix)) { Batch = -2, EarlierBatch = -2 };
        series[(row.Point, row.Kind)] = entry;
        return entry;
    }

    /// <summary>A tag value; what the grammar of points does not allow anyway (line ends, a last backslash) becomes an underscore, because lines cannot hold it.</summary>
    private static string Tag(string value)
    {
        var text = new StringBuilder(value.Length + 8);
        foreach (var c in value)
        {
            if (c is ',' or '=' or ' ') text.Append('\\');
            text.Append(c is '\n' or '\r' or '\\' ? '_' : c);
        }
        return text.Length == 0 ? "_" : text.ToString();
    }

    private static int Copy(Span<byte> room, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(room);
        return bytes.Length;
    }

    private sealed class Entry(byte[] prefix)
    {
        public byte[] Prefix { get; } = prefix;

        public long DoubtfulEarliest { get; set; } = long.MaxValue;

        public long DoubtfulLatest { get; set; } = long.MinValue;

        public long Batch { get; set; }

        public long Latest { get; set; }

        public bool Told { get; set; }

        public long EarlierBatch { get; set; }

        public long EarlierLatest { get; set; }
    }
}
