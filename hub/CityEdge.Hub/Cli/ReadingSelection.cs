using System.CommandLine;
using CityEdge.Contracts;
using CityEdge.Hub.Api;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Cli;

/// <summary>Which readings a command is about: <c>--point --from --to --format --data</c>.</summary>
internal sealed class ReadingSelection
{
    private readonly Option<string[]> points = new("--point") { HelpName = "GLOB", Description = "Only points whose id site/device/name fits, such as 'bj-*/kiosk-7/*'; may be repeated", DefaultValueFactory = _ => [] };
    private readonly Option<string?> from = new("--from") { HelpName = "TIME", Description = "Only readings at or after, RFC 3339 or Unix ms" };
    private readonly Option<string?> to = new("--to") { HelpName = "TIME", Description = "Only readings before" };
    private readonly Option<string?> format = new("--format") { HelpName = "csv|line", Description = "Default: by the file's name (.csv, .lp, .line), else csv" };

    public Option<string?> Data { get; } = new("--data") { HelpName = "DIR", Description = "Data directory of a stopped hub with embedded telemetry, instead of a running hub" };

    public IEnumerable<Option> Options => [points, from, to, format, Data];

    public Chosen Read(ParseResult parsed, string? path)
    {
        var name = path is null ? "" : path.EndsWith(".gz", StringComparison.Ordinal) ? path[..^3] : path;
        var text = parsed.GetValue(format) ?? (name.EndsWith(".lp", StringComparison.Ordinal) || name.EndsWith(".line", StringComparison.Ordinal) ? "line" : "csv");
        if (text is not ("csv" or "line")) throw new UsageException($"--format is '{text}'; expected csv or line.");
        return new Chosen(parsed.GetValue(points) ?? [], Time("--from", parsed.GetValue(from)), Time("--to", parsed.GetValue(to)), text == "line" ? ReadingFormat.Line : ReadingFormat.Csv);
    }

    private static DateTimeOffset? Time(string flag, string? text) =>
        text is null ? null : ApiTime.TryParse(text, out var time) ? time : throw new UsageException($"{flag} is '{text}'; expected an RFC 3339 time such as 2026-01-31T08:00:00Z.");

    /// <summary>What was chosen.</summary>
    public sealed record Chosen(string[] Points, DateTimeOffset? From, DateTimeOffset? To, ReadingFormat Format)
    {
        public long FromMs => From?.ToUnixTimeMilliseconds() ?? long.MinValue;

        public long ToMs => To?.ToUnixTimeMilliseconds() ?? long.MaxValue;

        public bool Takes(PointId point) => Points.Length == 0 || Points.Any(g => PointGlob.Matches(g, point.ToString()));

        public string ExportPath() => "/api/v1/telemetry/export?format=" + (Format == ReadingFormat.Line ? "line" : "csv")
            + (From is null ? "" : FormattableString.Invariant($"&from={FromMs}")) + (To is null ? "" : FormattableString.Invariant($"&to={ToMs}"))
            + string.Concat(Points.Select(p => "&point=" + Uri.EscapeDataString(p)));
    }
}
