using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>
/// Reads the keys that points of all adapters share: <c>name kind unit asset labels scale offset range dead_band heartbeat stuck_after max_jump</c>. Range, dead-band and jump (per second) are in <c>unit</c>.
/// </summary>
public static class PointKeys
{
    /// <summary>Reads one point; null when a mistake was found. Adapter-specific keys are read by the caller, who also calls <see cref="ConfigNode.RejectUnknown"/>.</summary>
    /// <param name="point">The mapping.</param>
    /// <param name="defaultKind">Kind when none is written and the unit implies none.</param>
    /// <param name="defaultUnit">Unit when none is written.</param>
    public static PointDeclaration? Read(ConfigNode point, PointKind defaultKind = PointKind.Value, string? defaultUnit = null)
    {
        var name = point.Text("name", required: true);
        if (name is not null && !PointId.IsName(name)) point.Error("name", $"'{name}' is no point name: 1 to {PointId.MaxNameLength} of letters, digits and - : . / _, beginning with a letter or digit");
        var unit = point.Text("unit");
        var kind = defaultKind;
        if (point.Text("kind") is { } word)
        {
            if (!PointKinds.TryParse(word, out kind)) point.Error("kind", $"unknown kind '{word}'; known are {string.Join(", ", PointKinds.All.Select(PointKinds.Name))}");
        }
        else if (unit is not null && PointKinds.FromUnit(unit) is var implied and not PointKind.Value)
        {
            kind = implied;
        }
        // A source's own unit is of no use to a point of another kind, whose unit follows from scale and offset.
        unit ??= defaultUnit is not null && Units.TryConvert(0, defaultUnit, kind, out _) ? defaultUnit : null;
        if (unit is not null && !Units.TryConvert(0, unit, kind, out _)) point.Error("unit", $"'{unit}' is not a unit of {PointKinds.Name(kind)}{(PointKinds.CanonicalUnit(kind) is { } canonical ? $"; {canonical} is" : "")}");
        var range = point.Range("range");
        var config = new PointConfig
        {
            Kind = kind,
            Unit = unit,
            Scale = point.Number("scale") ?? 1,
            Offset = point.Number("offset") ?? 0,
            Min = range?.Low,
            Max = range?.High,
            DeadBand = point.Number("dead_band", min: 0),
            Heartbeat = point.Duration("heartbeat", TimeSpan.FromSeconds(1)) ?? TimeSpan.FromMinutes(5),
            StuckAfter = point.Duration("stuck_after", TimeSpan.FromSeconds(1)),
            MaxJumpPerSecond = point.Number("max_jump", min: 0),
        };
        var declaration = new PointDeclaration { Name = name ?? "", Asset = point.Text("asset"), Labels = point.Labels("labels"), Normalisation = config };
        return point.IsValid ? declaration : null;
    }

    /// <summary>Reports names that appear twice among the points of one adapter.</summary>
    public static void RejectDuplicates(IReadOnlyList<ConfigNode> nodes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            if (node.Has("name") && node.Text("name") is { } name && !seen.Add(name)) node.Error("name", $"point '{name}' is already declared by this adapter");
        }
    }

    /// <summary>Text made fit for a part of a point name: anything that may not stand there becomes <c>-</c>.</summary>
    public static string ToName(string text)
    {
        var name = string.Concat(text.Trim().Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? char.ToLowerInvariant(c) : '-')).Trim('-', '_', '.');
        return name.Length == 0 ? "x" : name.Length > 60 ? name[..60] : name;
    }
}
