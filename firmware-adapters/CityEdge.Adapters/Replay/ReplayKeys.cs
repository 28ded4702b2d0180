using CityEdge.Contracts;

namespace CityEdge.Adapters.Replay;

/// <summary>Reads and checks the configuration of a replay.</summary>
internal static class ReplayKeys
{
    public static ReplayOptions? Read(AdapterContext context, ConfigNode config)
    {
        var file = config.Text("file", required: true);
        var path = file is null ? "" : Path.GetFullPath(file, context.BaseDirectory);
        if (file is not null && !File.Exists(path)) config.Error("file", $"no such file: {path}");
        var format = config.Choice("format", "csv", "jsonl") ?? (Path.GetExtension(path).ToLowerInvariant() is ".jsonl" or ".ndjson" or ".json" ? "jsonl" : "csv");
        var time = config.Texts("time");
        if (time is null && !config.Has("time")) config.Error("time", "'time' is missing, and required: the column that holds the time, or a list of columns");
        var zone = TimeZoneInfo.Utc;
        if (config.Text("zone") is { } zoneName && !TimeZoneInfo.TryFindSystemTimeZoneById(zoneName, out zone!)) config.Error("zone", $"unknown zone '{zoneName}'; write for example UTC or Asia/Shanghai");
        var start = config.Choice("start", "recorded", "now", "ending-now") switch { "now" => ReplayStart.Now, "ending-now" => ReplayStart.EndingNow, _ => ReplayStart.Recorded };
        double? speed = 1;
        if (config.Has("speed")) speed = config.Text("speed") == "max" ? null : config.Number("speed", min: 1e-6, max: 1e9);
        if (speed is null && start == ReplayStart.Now) config.Error("start", "start 'now' spaces its times by the speed and needs one as a number; for 'max' write recorded or ending-now");
        var separator = config.Text("separator") switch { null => (char?)null, "tab" or "\t" => '\t', "comma" => ',', "semicolon" => ';', [var one] => one, _ => '\0' };
        if (separator is '\0' or '"') config.Error("separator", "a separator is one character, or tab, comma, semicolon");
        var decimalComma = config.Choice("decimal", "point", "comma") switch { "comma" => true, "point" => (bool?)false, _ => null };
        var options = new ReplayOptions(path, format == "jsonl", time ?? [], config.Text("time_format"), zone, start, speed, config.Flag("header") ?? true, separator, decimalComma, Points(config));
        return config.IsValid && HasColumns(options, config) ? options : null;
    }

    private static List<(PointDeclaration Point, string Column)> Points(ConfigNode config)
    {
        var points = new List<(PointDeclaration, string)>();
        var nodes = config.Items("points");
        if (nodes.Count == 0) config.Error("points", "a replay needs points, each with the column that it is read from");
        foreach (var node in nodes)
        {
            var column = node.Text("column") ?? node.Text("name");
            var point = PointKeys.Read(node);
            node.RejectUnknown();
            if (point is not null && column is not null) points.Add((point, column));
        }
        PointKeys.RejectDuplicates(nodes);
        return points;
    }

    private static bool HasColumns(ReplayOptions options, ConfigNode config)
    {
        try
        {
            using var reader = options.Open();
            foreach (var column in reader.MissingColumns)
            {
                config.Error(options.TimeColumns.Contains(column) ? "time" : "points", $"{options.File} has no column '{column}'; it has {(reader.AvailableColumns.Count == 0 ? "no header: give numbers from 1" : string.Join(", ", reader.AvailableColumns.Take(40)))}");
            }
            return reader.MissingColumns.Count == 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            config.Error("file", $"cannot be read: {e.Message}");
            return false;
        }
    }
}
