using System.Text;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Cli;

/// <summary>Where imported rows go: a running hub, or the directory of a stopped one.</summary>
internal abstract class ImportTarget : IAsyncDisposable
{
    /// <summary>Stores rows; returns the lines that were refused and the number of points that the hub does not know yet.</summary>
    public abstract Task<(IReadOnlyList<ReadingImport.BadLine> Bad, int Unregistered)> TakeAsync(IReadOnlyList<(long Line, TelemetryRow Row)> rows, CancellationToken ct);

    public virtual ValueTask DisposeAsync() => default;

    public static ImportTarget OfHub(HubClient hub) => new Running(hub);

    public static ImportTarget OfDirectory(string data) => new Stopped(StoppedTelemetry.Open(data));

    private sealed class Running(HubClient hub) : ImportTarget
    {
        public override async Task<(IReadOnlyList<ReadingImport.BadLine> Bad, int Unregistered)> TakeAsync(IReadOnlyList<(long Line, TelemetryRow Row)> rows, CancellationToken ct)
        {
            var (text, lines, sent) = (new StringBuilder(), new Dictionary<long, long>(rows.Count), 1L);
            foreach (var (line, row) in rows)
            {
                var from = text.Length;
                ReadingCsv.Append(text, new TelemetryPoint(row.Point, row.Kind), new StoredReading(row.TimeMs, row.Value, row.Quality));
                lines[sent] = line;
                for (var i = from; i < text.Length; i++) sent += text[i] == '\n' ? 1 : 0;
            }
            var answer = await hub.SendTextAsync(HttpMethod.Post, "/api/v1/telemetry/import?format=csv", text.ToString(), "text/csv", ct);
            var bad = answer.GetProperty("bad").EnumerateArray().Select(b => new ReadingImport.BadLine(lines.GetValueOrDefault(b.GetProperty("line").GetInt64()), b.GetProperty("message").GetString()!)).ToList();
            var untold = answer.GetProperty("bad_count").GetInt64() - bad.Count;
            for (var i = 0L; i < untold; i++) bad.Add(new ReadingImport.BadLine(rows[^1].Line, "refused by the hub as the lines before"));
            return (bad, answer.GetProperty("unregistered").GetInt32());
        }
    }

    private sealed class Stopped(StoppedTelemetry telemetry) : ImportTarget
    {
        public override async Task<(IReadOnlyList<ReadingImport.BadLine> Bad, int Unregistered)> TakeAsync(IReadOnlyList<(long Line, TelemetryRow Row)> rows, CancellationToken ct)
        {
            await telemetry.Store.ImportAsync([.. rows.Select(r => r.Row)], ct);
            return ([], 0);
        }

        public override ValueTask DisposeAsync() => telemetry.DisposeAsync();
    }
}
