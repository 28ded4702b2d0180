using System.Text;

namespace CityEdge.Hub.Telemetry;

/// <summary>Writes stored readings as text, point after point in the order of their ids, ascending by time; memory is bounded by one part.</summary>
public static class ReadingExport
{
    private const int WriteAt = 64 * 1024;

    /// <summary>
    /// Writes readings with from ≤ t &lt; to of all points given. <paramref name="progress"/> gets points finished and rows written. Returns rows written and rows
    /// left out because the format cannot hold them.
    /// </summary>
    public static async Task<(long Rows, long LeftOut)> WriteAsync(ITelemetryStore store, IEnumerable<TelemetryPoint> points, long fromMs, long toMs, ReadingFormat format, Stream output,
        Action<int, long>? progress, CancellationToken cancellation)
    {
        var ordered = points.Select(p => (Id: p.Point.ToString(), Point: p)).OrderBy(p => p.Id, StringComparer.Ordinal).ThenBy(p => p.Point.Kind).Select(p => p.Point).ToList();
        var text = new StringBuilder();
        var (rows, leftOut, done) = (0L, 0L, 0);
        if (format == ReadingFormat.Csv) text.Append(ReadingCsv.Head).Append('\n');
        TelemetryPoint? current = null;
        await foreach (var (point, readings) in store.ReadManyAsync(ordered, fromMs, toMs, int.MaxValue, cancellation).ConfigureAwait(false))
        {
            if (current != point)
            {
                current = point;
                progress?.Invoke(++done, rows);
            }
            foreach (var reading in readings)
            {
                var written = true;
                if (format == ReadingFormat.Csv) ReadingCsv.Append(text, point, reading);
                else written = ReadingLine.Append(text, point, reading);
                if (written) rows++;
                else leftOut++;
                if (text.Length >= WriteAt) await FlushAsync(text, output, cancellation).ConfigureAwait(false);
            }
        }
        await FlushAsync(text, output, cancellation).ConfigureAwait(false);
        return (rows, leftOut);
    }

    private static async Task FlushAsync(StringBuilder text, Stream output, CancellationToken cancellation)
    {
        await output.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), cancellation).ConfigureAwait(false);
        text.Clear();
    }
}
