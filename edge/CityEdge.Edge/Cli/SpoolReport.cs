using System.Text.Json.Nodes;
using CityEdge.Contracts;
using CityEdge.SegmentLog;

namespace CityEdge.Edge.Cli;

/// <summary>The answer of <c>spool stats</c> and <c>spool verify</c>.</summary>
internal static class SpoolReport
{
    public static void Write(LogReport report, bool verify, bool json, TextWriter output)
    {
        var uplink = report.Cursors.FirstOrDefault(c => c.Name == "uplink");
        if (json)
        {
            output.WriteLine(new JsonObject
            {
                ["dir"] = report.Directory,
                ["segments"] = report.Segments,
                ["disk_bytes"] = report.DiskBytes,
                ["start"] = report.Start,
                ["end"] = report.End,
                ["records"] = report.Records,
                ["backlog_bytes"] = uplink?.BacklogBytes,
                ["first"] = Time(report.FirstTimeMs),
                ["last"] = Time(report.LastTimeMs),
                ["torn_tail_bytes"] = report.TornTailBytes,
                ["quarantine_bytes"] = report.QuarantineBytes,
                ["damaged"] = new JsonArray([.. report.Damaged.Select(d => (JsonNode)new JsonObject { ["from"] = d.From, ["to"] = d.To, ["segment"] = d.Segment, ["torn"] = d.Torn })]),
                ["sound"] = report.Sound,
            }.ToJsonString());
            return;
        }
        output.WriteLine($"{report.Directory}: {report.Segments} segments, {report.DiskBytes} bytes on disk");
        output.WriteLine($"records   {report.Records} at positions {report.Start} to {report.End}, stored {Time(report.FirstTimeMs) ?? "-"} to {Time(report.LastTimeMs) ?? "-"}");
        output.WriteLine(uplink is null ? "backlog   no cursor yet" : $"backlog   {uplink.BacklogBytes} bytes wait for the hub from position {uplink.Position}");
        output.WriteLine($"damage    {report.Damaged.Count(d => !d.Torn)} regions, {report.Damaged.Count(d => d.Torn)} torn, torn tail {report.TornTailBytes} bytes, quarantine {report.QuarantineBytes} bytes");
        if (!verify) return;
        foreach (var region in report.Damaged) output.WriteLine($"  {(region.Torn ? "torn   " : "damaged")} {region.From} to {region.To} in {region.Segment}");
        output.WriteLine(report.Sound ? "sound: every acknowledged record is whole" : "NOT SOUND: acknowledged records are damaged; the agent goes on with the rest and keeps a copy in quarantine/");
    }

    private static string? Time(long? unixMs) => unixMs is { } ms && ms > -62135596800000 && ms < 253402300800000 ? Rfc3339.Format(ms) : null;
}
