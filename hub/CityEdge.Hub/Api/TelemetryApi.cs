using System.Globalization;
using System.Text;
using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Api;

/// <summary><c>telemetry/export</c> and <c>telemetry/import</c>: stored readings as CSV or line protocol, out and in.</summary>
public static class TelemetryApi
{
    private const long MaxImportBytes = 32 << 20;
    private const int MaxBadLines = 100;

    /// <summary>No reading lies outside: years 1 to 9999.</summary>
    private static readonly DateTimeOffset Earliest = DateTimeOffset.MinValue;

    private static readonly DateTimeOffset Latest = DateTimeOffset.MaxValue;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/telemetry/export", Export).WithSummary("Readings with from ≤ t < to of the points that fit 'point' (globs, repeated; default all) as a stream: format csv (lossless) or line (InfluxDB line protocol, ms).");
        api.MapPost("/telemetry/import", Import).RequireRole("manager").TakesUpTo(MaxImportBytes)
            .WithSummary("Stores readings of a body of format csv or line (precision ns, us, ms or s) without giving them to rules; durable when answered; again changes nothing. Bad lines are told and left out.");
    }

    private static IResult Export(string[]? point, string? from, string? to, string? format, HubRegistry registry, ITelemetryStore store, CancellationToken ct)
    {
        if (!TryFormat(format, out var kind)) return Problems.Bad("format", format, "csv or line");
        var (start, end) = (Earliest, Latest);
        if (from is not null && !ApiTime.TryParse(from, out start)) return Problems.Bad("from", from, "an RFC 3339 time such as 2026-01-31T08:00:00Z");
        if (to is not null && !ApiTime.TryParse(to, out end)) return Problems.Bad("to", to, "an RFC 3339 time such as 2026-01-31T08:00:00Z");
        var points = (store.Points ?? [.. registry.Points.Select(p => new TelemetryPoint(p.Id, p.Kind))]).Where(p => point is null or [] || point.Any(g => PointGlob.Matches(g, p.Point.ToString()))).ToList();
        return Results.Stream(
            async body =>
            {
                await body.FlushAsync(ct);
                var (_, leftOut) = await ReadingExport.WriteAsync(store, points, start.ToUnixTimeMilliseconds(), to is null ? long.MaxValue : end.ToUnixTimeMilliseconds(), kind, body, null, ct);
                if (leftOut > 0) await body.WriteAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"# {leftOut} numbers that are not finite were left out: line protocol cannot hold them, CSV can\n")), ct);
            },
            kind == ReadingFormat.Csv ? "text/csv; charset=utf-8" : "text/plain; charset=utf-8");
    }

    private static async Task<IResult> Import(string? format, string? precision, HttpRequest request, HubRegistry registry, ITelemetryStore store, CancellationToken ct)
    {
        if (!TryFormat(format, out var kind)) return Problems.Bad("format", format, "csv or line");
        if (precision is not (null or "ns" or "us" or "ms" or "s")) return Problems.Bad("precision", precision, "ns, us, ms or s");
        var bad = new List<ReadingImport.BadLine>();
        var (badCount, rows) = (0L, 0L);
        var unregistered = new HashSet<PointId>();
        void Bad(ReadingImport.BadLine line)
        {
            badCount++;
            if (bad.Count < MaxBadLines) bad.Add(line);
        }
        using var text = new StreamReader(request.Body, Encoding.UTF8);
        try
        {
            await ReadingImport.ReadAsync(text, kind, precision ?? "ms", 1, async (batch, _, cancellation) =>
            {
                var good = new List<TelemetryRow>(batch.Count);
                foreach (var (line, row) in batch)
                {
                    if (Problem(registry, row, unregistered) is { } problem) Bad(new ReadingImport.BadLine(line, problem));
                    else good.Add(row);
                }
                await store.ImportAsync(good, cancellation);
                rows += good.Count;
            }, Bad, ct);
        }
        catch (TelemetryUnavailableException error)
        {
            return TypedResults.Problem($"{error.Message} {rows} rows were stored before; send the same again when it is back.", statusCode: 503, title: "Telemetry store is away");
        }
        return Results.Ok(new { rows, unregistered = unregistered.Count, bad_count = badCount, bad = bad.Select(b => new { line = b.Line, message = b.Message }) });
    }

    /// <summary>Why a row may not be stored beside what the point has: queries would not find it, or find two types.</summary>
    private static string? Problem(HubRegistry registry, in TelemetryRow row, HashSet<PointId> unregistered)
    {
        if (registry.FindPoint(row.Point) is not { } point)
        {
            unregistered.Add(row.Point);
            return null;
        }
        if (point.Kind != row.Kind) return $"{row.Point} is of kind {PointKinds.Name(point.Kind)}, not {PointKinds.Name(row.Kind)}; change the kind in the line, or that of the point";
        return point.Type == ReadingType.None || point.Type == row.Value.Type ? null : $"{row.Point} has values of type {point.Type.ToString().ToLowerInvariant()}, not {row.Value.Type.ToString().ToLowerInvariant()}";
    }

    private static bool TryFormat(string? text, out ReadingFormat format)
    {
        format = text == "line" ? ReadingFormat.Line : ReadingFormat.Csv;
        return text is null or "csv" or "line";
    }
}
