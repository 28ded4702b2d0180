using System.CommandLine;
using System.Globalization;
using CityEdge.Hub.Keeping;

namespace CityEdge.Hub.Cli;

/// <summary><c>backup</c> of a running hub or, with <c>--data</c>, of a stopped one; <c>restore</c> into a new directory.</summary>
public static class BackupCommands
{
    public static Command Backup()
    {
        var output = new Option<string?>("--out") { HelpName = "FILE|DIR", Description = "Where to; default: cityedge-backup-TIME.tar.gz here" };
        var data = new Option<string?>("--data") { HelpName = "DIR", Description = "Data directory of a stopped hub, instead of a running one" };
        return AccountCommands.Make("backup", "Copies everything a hub keeps into one file, while it runs", [], async (hub, parsed, json, ct) =>
        {
            var path = PathFor(parsed.GetValue(output));
            var part = path + ".part";
            if (File.Exists(path)) throw new CommandFailedException($"{path} is there already; give another --out.");
            BackupManifest manifest;
            try
            {
                await using (var file = new FileStream(part, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                {
                    var shown = new ProgressLine(file.Name);
                    await using var counted = new CountingStream(file, bytes => shown.Show($"{bytes >> 20} MiB written"));
                    if (parsed.GetValue(data) is { } directory) await DataBackup.WriteStoppedAsync(directory, counted, TimeProvider.System.GetUtcNow(), ct);
                    else await hub.DownloadAsync("/api/v1/backup", counted, ct);
                    shown.End();
                    file.Flush(flushToDisk: true);
                }
                // An answer that was cut off looks like one that ended: only the manifest tells.
                manifest = await BackupReader.ReadAsync(part, null, static _ => { }, ct);
                File.Move(part, path);
            }
            finally
            {
                File.Delete(part);
            }
            Report(path, manifest, json);
        }, output, data);
    }

    public static Command Restore()
    {
        var archive = new Argument<string>("FILE") { Description = "What 'backup' wrote" };
        var data = new Option<string?>("--data") { HelpName = "DIR", Description = "Data directory to make; new or empty" };
        var check = new Option<bool>("--check") { Description = "Only reads the file and checks every sum" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Command("restore", "Makes a data directory out of a backup; no hub may run on it") { archive, data, check, json };
        command.SetAction(async (parsed, ct) =>
        {
            var path = parsed.GetValue(archive)!;
            if (!File.Exists(path)) throw new UsageException($"{path}: there is no such file.");
            var target = parsed.GetValue(data);
            if (parsed.GetValue(check) == target is not null) throw new UsageException("Give either --data DIR, or --check.");
            var shown = new ProgressLine(path);
            void Show(long bytes) => shown.Show($"{bytes >> 20} MiB read");
            var manifest = target is null ? await BackupReader.ReadAsync(path, null, Show, ct) : (await DataRestore.RunAsync(path, target, Show, ct)).Manifest;
            shown.End();
            Report(target ?? path, manifest, parsed.GetValue(json));
            return 0;
        });
        return command;
    }

    private static string PathFor(string? given)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"cityedge-backup-{TimeProvider.System.GetUtcNow().UtcDateTime:yyyyMMdd'T'HHmmss'Z'}.tar.gz");
        return given is null ? name : Directory.Exists(given) ? Path.Combine(given, name) : given;
    }

    private static void Report(string path, BackupManifest manifest, bool json)
    {
        var bytes = manifest.Files.Sum(f => f.FullBytes);
        if (json) Output.Json(new { path, manifest.CreatedAt, manifest.Version, files = manifest.Files.Count, bytes, manifest.JournalEnd });
        else Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {manifest.Files.Count} files, {bytes >> 10} KiB, as of {manifest.CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, every sum right"));
    }
}
