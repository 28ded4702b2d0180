using CityEdge.Hub.Ingest;
using CityEdge.Hub.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace CityEdge.Hub.Tests;

/// <summary>Counts of two hubs in one process.</summary>
public sealed class HubMetricsTests
{
    [Fact]
    public void The_counts_of_a_hub_are_its_own_and_outlive_another_hub_of_the_process()
    {
        using var own = new HubMetrics();
        var other = new HubMetrics();
        var page = new PrometheusText(HubMetrics.InstanceTag, own.Instance);
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(HubMetrics.MeterName).AddReader(page.CreateReader()).Build()!;
        own.Notices(3);
        other.Notices(4);
        Assert.Equal(3, Count(page.Scrape()));
        other.Dispose();
        Assert.Equal(3, Count(page.Scrape()));
        own.Notices(1);
        Assert.Equal(4, Count(page.Scrape()));
    }

    private static int Count(string page) =>
        int.Parse(Assert.Single(page.Split('\n'), l => l.StartsWith("cityedge_notices_sent_total ", StringComparison.Ordinal)).Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
