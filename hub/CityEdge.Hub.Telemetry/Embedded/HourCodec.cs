using System.Diagnostics.CodeAnalysis;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// The hours of one series and UTC day as bytes: seven lengths and chunks in the order count, first, last, numbers, sum, low, high, so that a reader decodes only
/// what it needs. Numbers are left out where every row is one, the last four where none is. Not thread-safe.
/// </summary>
internal sealed class HourCodec
{
    private const int Columns = 7;
    private readonly ChunkEncoder encoder = new();
    private readonly ByteWriter output = new();
    private readonly List<StoredReading> column = [];

    public ReadOnlySpan<byte> Encode(IReadOnlyList<HourRow> hours)
    {
        output.Clear();
        Write(hours, h => ReadingValue.FromNumber(h.Count));
        Write(hours, h => h.First);
        Write(hours, h => h.Last);
        var numeric = hours.Where(h => h.Numbers > 0).ToList();
        if (numeric.Count == hours.Count && hours.All(h => h.Numbers == h.Count)) output.Varint(0);
        else Write(hours, h => ReadingValue.FromNumber(h.Numbers));
        Write(numeric, h => ReadingValue.FromNumber(h.Sum));
        Write(numeric, h => ReadingValue.FromNumber(h.Low));
        Write(numeric, h => ReadingValue.FromNumber(h.High));
        return output.Written;
    }

    /// <summary>Appends the hours with what a function needs; the rest is left at its default.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> body, AggregateFunction function, List<HourRow> into, [NotNullWhen(false)] out string? error)
    {
        var reader = new ByteReader(body);
        Span<Range> parts = stackalloc Range[Columns];
        var at = 0;
        for (var i = 0; i < Columns; i++)
        {
            var before = reader.Rest.Length;
            var length = reader.Count(int.MaxValue);
            at += before - reader.Rest.Length;
            reader.Bytes(length);
            parts[i] = at..(at + length);
            at += length;
        }
        error = reader.Failed || !reader.AtEnd ? "hours end early or hold nonsense" : null;
        if (error is not null) return false;
        var columns = ChunkColumns.Rent();
        try
        {
            if (!ChunkDecoder.TryDecode(body[parts[0]], columns, out error)) return false;
            var start = into.Count;
            for (var i = 0; i < columns.Count; i++)
            {
                var count = (long)columns.Numbers[i];
                into.Add(new HourRow(columns.Times[i], count, count, 0, 0, 0, default, default));
            }
            var read = true;
            switch (function)
            {
                case AggregateFunction.Count:
                    return true;
                case AggregateFunction.First:
                    read = Fill(body[parts[1]], into, start, columns, static (h, c, i) => h with { First = c.Value(i) }, false, out error);
                    break;
                case AggregateFunction.Last:
                    read = Fill(body[parts[2]], into, start, columns, static (h, c, i) => h with { Last = c.Value(i) }, false, out error);
                    break;
                default:
                    if (body[parts[3]].Length > 0) read = Fill(body[parts[3]], into, start, columns, static (h, c, i) => h with { Numbers = (long)c.Numbers[i] }, false, out error);
                    if (!read) break;
                    var part = function switch { AggregateFunction.Min => 5, AggregateFunction.Max => 6, _ => 4 };
                    if (body[parts[part]].Length == 0) break;
                    read = function switch
                    {
                        AggregateFunction.Min => Fill(body[parts[5]], into, start, columns, static (h, c, i) => h with { Low = c.Numbers[i] }, true, out error),
                        AggregateFunction.Max => Fill(body[parts[6]], into, start, columns, static (h, c, i) => h with { High = c.Numbers[i] }, true, out error),
                        _ => Fill(body[parts[4]], into, start, columns, static (h, c, i) => h with { Sum = c.Numbers[i] }, true, out error),
                    };
                    break;
            }
            if (read) return true;
            into.RemoveRange(start, into.Count - start);
            error ??= "hours do not fit together";
            return false;
        }
        finally
        {
            ChunkColumns.Return(columns);
        }
    }

    private static bool Fill(ReadOnlySpan<byte> body, List<HourRow> into, int start, ChunkColumns columns, Func<HourRow, ChunkColumns, int, HourRow> set, bool numericOnly, out string? error)
    {
        if (!ChunkDecoder.TryDecode(body, columns, out error)) return false;
        var at = 0;
        for (var i = start; i < into.Count; i++)
        {
            if (numericOnly && into[i].Numbers == 0) continue;
            if (at == columns.Count) return false;
            into[i] = set(into[i], columns, at++);
        }
        return at == columns.Count;
    }

    private void Write(IReadOnlyList<HourRow> hours, Func<HourRow, ReadingValue> value)
    {
        if (hours.Count == 0)
        {
            output.Varint(0);
            return;
        }
        column.Clear();
        foreach (var hour in hours) column.Add(new StoredReading(hour.HourMs, value(hour), Quality.Good));
        var body = encoder.Encode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(column));
        output.Varint((ulong)body.Length);
        output.Bytes(body);
    }
}
