using CityEdge.Contracts;

namespace CityEdge.Edge.Tests;

internal static class TestEvents
{
    public static CloudEvent Help(string id) => new() { Id = id, Source = "site/device", Type = "cityedge.kiosk.help", Subject = "kiosk", TimeMs = AgentFixture.Now };
}
