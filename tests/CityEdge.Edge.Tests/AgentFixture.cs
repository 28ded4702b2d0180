using CityEdge.Contracts;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Edge.Tests;

/// <summary>A spool in a folder of its own.</summary>
internal sealed class AgentFixture : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("cityedge-edge-").FullName;

    public static long Now { get; } = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    public AgentConfig Config => new()
    {
        Site = "site",
        Device = "device",
        Hub = new HubLinkConfig { Url = "mqtt://127.0.0.1:1" },
        Spool = new SpoolConfig { Directory = System.IO.Path.Combine(Path, "spool") },
    };

    public Spool Spool(AgentConfig? config = null, ILogFiles? files = null) => new(config ?? Config, new ManualTimeProvider(), NullLogger.Instance, files);

    public static Reading Reading(int number, string name = "boiler.temperature") =>
        new(new PointId("site", "device", name), Now + number, ReadingValue.FromNumber(number), "Cel");

    public static Reading[] Readings(int from, int count) => [.. Enumerable.Range(from, count).Select(i => Reading(i))];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
