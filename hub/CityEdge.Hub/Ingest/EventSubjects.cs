using CityEdge.Contracts;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Ingest;

/// <summary>What an event is about, as rules and alarms name it: the device that sent it, and a point of it, an asset, or the device itself. No device speaks for what another one said.</summary>
public static class EventSubjects
{
    /// <summary>Name of the subject of events that have none: the device.</summary>
    public const string Device = "device";

    /// <summary>Null for a subject that is neither empty nor a name as points have: rules do not hear such events.</summary>
    public static PointId? Of(DeviceEntry device, string? subject)
    {
        if (subject is null) return new PointId(device.Site, device.Device, Device);
        var own = $"{device.Id}/";
        var name = subject.StartsWith(own, StringComparison.Ordinal) ? subject[own.Length..] : subject;
        return PointId.IsName(name) ? new PointId(device.Site, device.Device, name) : null;
    }

    /// <summary>The point of that name, else a stand-in for it that belongs to the asset of that id, where there is one.</summary>
    public static PointEntry Entry(PointId subject, HubRegistry registry) =>
        registry.FindPoint(subject) ?? new PointEntry(subject, PointKind.Value, null, ReadingType.None) { Asset = registry.FindAsset(subject.Name)?.Id };
}
