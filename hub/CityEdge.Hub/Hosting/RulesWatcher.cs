using CityEdge.Hub.Api;
using CityEdge.Hub.Cli;
using CityEdge.Hub.Registry;
using CityEdge.Rules;

namespace CityEdge.Hub.Hosting;

/// <summary>Applies the rule files of <c>--rules DIR</c> at start and whenever they change. A file with an error leaves all rules as they were and is named in the log.</summary>
public sealed class RulesWatcher(HubOptions options, HubRegistry registry, HubChanges changes, ILogger<RulesWatcher> logger)
{
    /// <summary>Editors write a file in several steps; this long after the last one it is read.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    public async Task RunAsync(CancellationToken ct)
    {
        if (options.RulesDirectory is not { } directory) return;
        using var changed = new SemaphoreSlim(0);
        using var watcher = new FileSystemWatcher(directory) { IncludeSubdirectories = true, EnableRaisingEvents = true };
        void Signal(object sender, EventArgs e)
        {
            if (changed.CurrentCount == 0) changed.Release();
        }
        watcher.Changed += Signal;
        watcher.Created += Signal;
        watcher.Renamed += Signal;
        // Too many changes at once: some were not told, so look at all.
        watcher.Error += Signal;
        Signal(watcher, EventArgs.Empty);
        while (true)
        {
            await changed.WaitAsync(ct);
            await Task.Delay(Quiet, TimeProvider.System, ct);
            await ApplyAsync(ct);
        }
    }

    /// <summary>Puts the files in force as they are now; nothing without <c>--rules</c>.</summary>
    public async Task ApplyAsync(CancellationToken ct)
    {
        if (options.RulesDirectory is not { } directory) return;
        try
        {
            var rules = new List<RuleChange>();
            var sound = true;
            foreach (var (file, yaml) in RuleCommands.Read([directory]))
            {
                var errors = RuleChecks.Check(yaml, file, out var rule);
                sound &= errors.Count == 0;
                foreach (var error in errors) logger.LogError("{File}:{Line}:{Column}: {Key}: {Message}", error.File, error.Line, error.Column, error.Key, error.Message);
                if (rule is not null) rules.Add(new RuleChange(rule.Id, yaml, $"file {Path.GetFileName(file)}", OpenAlarms.Keep));
            }
            if (!sound)
            {
                logger.LogError("Rules of {Directory} have errors; those in force stay.", directory);
                return;
            }
            var different = rules.Where(r => registry.FindRule(r.Id)?.Yaml != r.Yaml).ToList();
            if (different.Count > 0) await changes.ApplyAsync(new HubChange { Actor = "rules-directory", Rules = different }, ct);
            logger.LogInformation("{Count} rules of {Directory} are in force.", rules.Count, directory);
        }
        catch (Exception error) when (error is UsageException or IOException or UnauthorizedAccessException or BadHttpRequestException)
        {
            logger.LogError("Rules of {Directory} cannot be read: {Message} Those in force stay.", directory, error.Message);
        }
    }
}
