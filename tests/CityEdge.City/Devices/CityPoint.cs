using CityEdge.Contracts;
using CityEdge.City.World;

namespace CityEdge.City.Devices;

/// <summary>One point of a simulated device: what it is, where it hangs, and how the world gives its value at a time.</summary>
public sealed record CityPoint(string Name, PointKind Kind, string Asset, string? Role, Func<CityWorld, DateTimeOffset, ReadingValue> Read);

/// <summary>One simulated device: an agent of its own with a spool of its own.</summary>
/// <param name="Name">Device name in topics.</param>
/// <param name="Points">What it measures.</param>
/// <param name="Events">What it reports now, e.g. a payment; null when it has no events.</param>
public sealed record CityDevice(string Name, IReadOnlyList<CityPoint> Points, Func<CityWorld, DateTimeOffset, CloudEvent?>? Events = null);
