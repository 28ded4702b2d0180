using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>One readable quantity found under sysfs.</summary>
/// <param name="Device">Chip as it names itself, or its folder's name.</param>
/// <param name="Folder">Folder of the attributes.</param>
/// <param name="Channel">Channel name in the file names, e.g. <c>temp1</c>, <c>voltage0</c>.</param>
/// <param name="Label">Label that the driver gives; null when none.</param>
/// <param name="Kind">Kind of the quantity.</param>
/// <param name="Unit">Unit after <see cref="Divisor"/>; null when none.</param>
/// <param name="Divisor">What the driver's number is divided by: 1000 for milli.</param>
/// <param name="Name">Point name when nobody has configured one; null: made of device and channel.</param>
internal sealed record SysfsChannel(string Device, string Folder, string Channel, string? Label, PointKind Kind, string? Unit, double Divisor, string? Name = null)
{
    /// <summary>True when a person's words for device and channel mean this one.</summary>
    public bool Matches(string? device, string channel) =>
        (device is null || device == Device || device == Path.GetFileName(Folder)) && (channel == Channel || channel == Label);

    /// <summary>A point for a channel that nobody has configured; a second chip of the same name is told apart by its folder.</summary>
    public static IReadOnlyList<(PointDeclaration Point, SysfsChannel Channel)> Discover(IReadOnlyList<SysfsChannel> channels)
    {
        var ambiguous = channels.GroupBy(c => c.Device).Where(g => g.Select(c => c.Folder).Distinct().Count() > 1).Select(g => g.Key).ToHashSet();
        return [.. channels.Select(c => (new PointDeclaration
        {
            Name = c.Name ?? $"{PointKeys.ToName(c.Device)}.{(ambiguous.Contains(c.Device) ? PointKeys.ToName(Path.GetFileName(c.Folder)) + "." : "")}{PointKeys.ToName(c.Channel)}",
            Labels = c.Label is null ? null : new Dictionary<string, string> { ["label"] = c.Label },
            Normalisation = new PointConfig { Kind = c.Kind, Unit = c.Unit },
        }, c))];
    }
}
