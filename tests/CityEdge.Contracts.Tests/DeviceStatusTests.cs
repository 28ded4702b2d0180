using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Contracts.Tests;

public sealed class DeviceStatusTests
{
    private static DeviceStatusResult Decode(string json) => DeviceStatusJson.Decode(Encoding.UTF8.GetBytes(json));

    [Fact]
    public void The_document_is_written_and_read_in_the_words_of_the_contract()
    {
        var status = new DeviceStatus
        {
            State = "online",
            Since = Rfc3339.Format(1_700_000_000_123),
            Agent = "cityedge-edge/0.1.0",
            Spool = new SpoolStatus { Records = 3, Bytes = 100, MaxBytes = 1000, Dropped = 1 },
            Adapters = [new AdapterStatus { Id = "meter", Type = "modbus-tcp", State = "faulted", LastError = "no answer", Readings = 7 }],
            Points = [new AnnouncedPoint { Name = "supply.temperature", Kind = "temperature", Unit = "Cel", Asset = "b-1", Labels = new Dictionary<string, string> { ["role"] = "supply" } }],
        };
        var json = Encoding.UTF8.GetString(DeviceStatusJson.Encode(status));
        Assert.Contains("\"last_error\":\"no answer\"", json);
        Assert.Contains("\"max_bytes\":1000", json);
        Assert.Contains("\"labels\":{\"role\":\"supply\"}", json);
        Assert.DoesNotContain("is_online", json);
        var back = Decode(json);
        Assert.Null(back.Error);
        Assert.Equal(json, Encoding.UTF8.GetString(DeviceStatusJson.Encode(back.Status!)));
        Assert.Equal(1_700_000_000_123, back.Status!.SinceMs);
    }

    [Fact]
    public void A_will_needs_no_more_than_its_state()
    {
        var status = Decode("""{"state":"offline"}""").Status!;
        Assert.False(status.IsOnline);
        Assert.Empty(status.Points);
    }

    [Fact]
    public void A_bad_point_is_left_out_alone_and_unknown_members_are_ignored()
    {
        var result = Decode("""{"state":"online","x":1,"points":[{"name":"a","kind":"temperature","unit":"Cel"},{"name":"b","kind":"heat"},{"name":"c c"},{"name":"a"},{"name":"d","kind":"pressure","unit":"V"},{"name":"e","unit":"bar"},null]}""");
        Assert.Equal(["a", "e"], result.Status!.Points.Select(p => p.Name));
        Assert.Equal(PointKind.Pressure, result.Status.Points[1].PointKind);
        Assert.Equal(5, result.Problems.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"state":"up"}""")]
    [InlineData("""{"state":"online","since":"yesterday"}""")]
    [InlineData("""{"state":"online","points":{}}""")]
    [InlineData("""{"state":"\ud800"}""")]
    public void What_is_no_status_is_refused(string json)
    {
        var result = Decode(json);
        Assert.Null(result.Status);
        Assert.NotNull(result.Error);
    }
}
