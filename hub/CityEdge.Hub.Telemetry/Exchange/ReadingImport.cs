namespace CityEdge.Hub.Telemetry;

/// <summary>Reads readings out of text into a store, a batch at a time; what cannot be read is told by its line and left out, the rest is taken.</summary>
public static class ReadingImport
{
    public const int BatchRows = 5000;

    /// <summary>A line that was not taken.</summary>
    /// <param name="Line">Its number in the text, from 1.</param>
    /// <param name="Message">What is wrong.</param>
    public readonly record struct BadLine(long Line, string Message);

    /// <summary>Takes a batch of rows with the number of the line after it.</summary>
    public delegate ValueTask Take(IReadOnlyList<(long Line, TelemetryRow Row)> rows, long nextLine, CancellationToken cancellation);

    /// <summary>
    /// Reads to the end. Lines before <paramref name="fromLine"/> are skipped; empty lines, comments (<c>#</c>, line protocol) and the CSV head are no readings.
    /// Returns the number of rows read.
    /// </summary>
    public static async Task<long> ReadAsync(TextReader text, ReadingFormat format, string precision, long fromLine, Take take, Action<BadLine> bad, CancellationToken cancellation)
    {
        var records = new RecordReader(text, format);
        var batch = new List<(long, TelemetryRow)>(BatchRows);
        var (rows, next) = (0L, fromLine);
        while (await records.ReadAsync(cancellation).ConfigureAwait(false) is { } record)
        {
            if (record.Line < fromLine) continue;
            if (batch.Count >= BatchRows)
            {
                await take(batch, record.Line, cancellation).ConfigureAwait(false);
                rows += batch.Count;
                batch.Clear();
            }
            next = record.Line + 1;
            if (record.Error is { } wrong)
            {
                bad(new BadLine(record.Line, wrong));
                continue;
            }
            if (record.Record.Length == 0 || (record.Line == 1 && format == ReadingFormat.Csv && record.Record.TrimStart('\ufeff') == ReadingCsv.Head) || (format == ReadingFormat.Line && record.Record[0] == '#')) continue;
            TelemetryRow row;
            string? error;
            var read = format == ReadingFormat.Csv ? ReadingCsv.TryParse(record.Record, out row, out error) : ReadingLine.TryParse(record.Record, precision, out row, out error);
            if (read) batch.Add((record.Line, row));
            else bad(new BadLine(record.Line, error!));
        }
        if (batch.Count > 0) await take(batch, next, cancellation).ConfigureAwait(false);
        return rows + batch.Count;
    }
}
