using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Cli;

/// <summary><c>telemetry export|import</c>, on a running hub or, with <c>--data</c>, on a stopped one's directory.</summary>
public static class TelemetryCommands
{
    public static Command Build() => new("telemetry", "Stored readings out and in: CSV (lossless) or InfluxDB line protocol") { Export(), Import() };

    private static Command Export()
    {
        var selection = new ReadingSelection();
        var output = new Option<string?>("--out") { HelpName = "FILE", Description = "Where to; ending in .gz: compressed. Default: standard output" };
        return AccountCommands.Make("export", "Writes stored readings, point after point, ascending by time", [], async (hub, parsed, json, ct) =>
        {
            var chosen = selection.Read(parsed, parsed.GetValue(output));
            var path = parsed.GetValue(output);
            if (path is null)
            {
                await using var standard = Console.OpenStandardOutput();
                await ExportAsync(hub, parsed.GetValue(selection.Data), chosen, standard, null, ct);
                return;
            }
            var part = path + ".part";
            (long Rows, long LeftOut)? told;
            try
            {
                await using (var file = File.Create(part))
                await using (var packed = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Optimal) : null)
                {
                    var shown = new ProgressLine(path);
                    told = await ExportAsync(hub, parsed.GetValue(selection.Data), chosen, packed ?? (Stream)file, shown, ct);
                    shown.End();
                }
                File.Move(part, path, overwrite: true);
            }
            finally
            {
                File.Delete(part);
            }
            if (json) Output.Json(new { path, rows = told?.Rows, left_out = told?.LeftOut, bytes = new FileInfo(path).Length });
            else Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {new FileInfo(path).Length >> 10} KiB{(told is { } t ? $", {t.Rows} readings{(t.LeftOut > 0 ? $", {t.LeftOut} left out: line protocol knows no NaN and no infinity, CSV does" : "")}" : "")}"));
        }, [output, .. selection.Options]);
    }

    private static Command Import()
    {
        var selection = new ReadingSelection();
        var file = new Argument<string>("FILE") { Description = "CSV or line protocol, gzip or not; '-' or none: standard input", DefaultValueFactory = _ => "-" };
        var precision = new Option<string>("--precision") { HelpName = "ns|us|ms|s", Description = "Unit of times in line protocol", DefaultValueFactory = _ => "ms" };
        var fromLine = new Option<long>("--from-line") { HelpName = "N", Description = "Skip the lines before N: go on with an import that was cut off", DefaultValueFactory = _ => 1 };
        return AccountCommands.Make("import", "Stores readings without giving them to rules; a line taken twice changes nothing", [file], async (hub, parsed, json, ct) =>
        {
            var path = parsed.GetValue(file)!;
            if (path != "-" && !File.Exists(path)) throw new UsageException($"{path}: there is no such file.");
            if (parsed.GetValue(precision) is not ("ns" or "us" or "ms" or "s")) throw new UsageException($"--precision is '{parsed.GetValue(precision)}'; expected ns, us, ms or s.");
            await using var source = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
            await using var target = parsed.GetValue(selection.Data) is { } data ? ImportTarget.OfDirectory(data) : ImportTarget.OfHub(hub);
            var run = new ImportRun(path == "-" ? "standard input" : path, selection.Read(parsed, path), parsed.GetValue(precision)!, target);
            await run.RunAsync(source, parsed.GetValue(fromLine), ct);
            run.Report(json);
        }, [precision, fromLine, .. selection.Options]);
    }

    private static async Task<(long Rows, long LeftOut)?> ExportAsync(HubClient hub, string? data, ReadingSelection.Chosen chosen, Stream output, ProgressLine? shown, CancellationToken ct)
    {
        if (data is null)
        {
            await hub.DownloadAsync(chosen.ExportPath(), shown is null ? output : new CountingStream(output, bytes => shown.Show($"{bytes >> 20} MiB")), ct);
            return null;
        }
        await using var stopped = StoppedTelemetry.Open(data);
        return await ReadingExport.WriteAsync(stopped.Store, stopped.Store.Points!.Where(p => chosen.Takes(p.Point)), chosen.FromMs, chosen.ToMs, chosen.Format, output,
            (done, rows) => shown?.Show(string.Create(CultureInfo.InvariantCulture, $"{done} points, {rows} readings")), ct);
    }
}
