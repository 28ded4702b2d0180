using System.Buffers;
using System.Text;
using System.Text.Json;
using CityEdge.Contracts;

namespace CityEdge.Contracts.Tests;

public sealed class CloudEventTests
{
    private static CloudEventBatch Decode(string json) => CloudEventJson.Decode(Encoding.UTF8.GetBytes(json));

    private const string Full = """
        {"specversion":"1.0","id":"A234","source":"s/kiosk-1","type":"cityedge.kiosk.help","subject":"lobby","time":"2018-04-05T17:31:00.1234Z",
         "datacontenttype":"application/json","dataschema":"https://example.test/help.json","comexampleextension1":"value","comexampleothervalue":5,"urgent":true,"unsetextension":null,
         "data":{"kind":"button","n":[1,2]}}
        """;

    [Fact]
    public void All_attributes_are_read()
    {
        var read = Assert.Single(Decode(Full).Events);
        Assert.Equal(("A234", "s/kiosk-1", "cityedge.kiosk.help", "lobby", 1_522_949_460_123), (read.Id, read.Source, read.Type, read.Subject, read.TimeMs));
        Assert.Equal("button", read.Data!.Value.GetProperty("kind").GetString());
        Assert.Equal(["comexampleextension1", "comexampleothervalue", "urgent"], read.Extensions.Keys.Order());
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var first = Assert.Single(Decode(Full).Events);
        var binary = new CloudEvent { Id = "2", Source = "s", Type = "t", BinaryData = [1, 2, 255], DataContentType = "image/jpeg" };
        var output = new ArrayBufferWriter<byte>();
        CloudEventJson.Encode(output, [first, binary]);
        var batch = CloudEventJson.Decode(output.WrittenSpan);
        Assert.Empty(batch.Errors);
        Assert.Equal((first.Id, first.TimeMs, first.Data!.Value.GetRawText()), (batch.Events[0].Id, batch.Events[0].TimeMs, batch.Events[0].Data!.Value.GetRawText()));
        Assert.Equal(first.Extensions.Count, batch.Events[0].Extensions.Count);
        Assert.Equal(binary.BinaryData, batch.Events[1].BinaryData);
    }

    [Theory]
    [InlineData("""{"specversion":"0.3","id":"1","source":"s","type":"t"}""", "specversion")]
    [InlineData("""{"id":"1","source":"s","type":"t"}""", "specversion")]
    [InlineData("""{"specversion":"1.0","source":"s","type":"t"}""", "id")]
    [InlineData("""{"specversion":"1.0","id":"","source":"s","type":"t"}""", "id")]
    [InlineData("""{"specversion":"1.0","id":7,"source":"s","type":"t"}""", "id")]
    [InlineData("""{"specversion":"1.0","id":"1","type":"t"}""", "source")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":null}""", "type")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","time":"yesterday"}""", "time")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2018-02-30T00:00:00Z"}""", "time")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2018-02-03T00:00:00"}""", "time")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","Bad_Name":"x"}""", "Bad_Name")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","abcdefghijklmnopqrstu":"x"}""", "abcdefghijklmnopqrstu")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","ext":1.5}""", "ext")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","ext":{}}""", "ext")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","data":1,"data_base64":"AA=="}""", "data_base64")]
    [InlineData("""{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"*"}""", "data_base64")]
    [InlineData("""{"specversion":"1.0","id":"1","id":"2","source":"s","type":"t"}""", "id")]
    [InlineData("""{"specversion":"1.0","id":"\ud800","source":"s","type":"t"}""", "")]
    [InlineData("""7""", null)]
    [InlineData("""[7]""", "")]
    public void A_bad_event_is_refused_with_its_attribute(string json, string? attribute)
    {
        var batch = Decode(json);
        Assert.Empty(batch.Events);
        if (attribute is null) Assert.NotNull(batch.Refusal);
        else Assert.Equal((0, attribute), (Assert.Single(batch.Errors).Index, batch.Errors[0].Attribute));
    }

    [Fact]
    public void A_bad_event_leaves_its_neighbours_alone()
    {
        var batch = Decode("""[{"specversion":"1.0","id":"1","source":"s","type":"t"},{"specversion":"1.0"},{"specversion":"1.0","id":"3","source":"s","type":"t"}]""");
        Assert.Equal(["1", "3"], batch.Events.Select(e => e.Id));
        Assert.Equal(1, Assert.Single(batch.Errors).Index);
        Assert.Empty(Decode("[]").Events);
    }

    [Fact]
    public void Damaged_events_never_throw()
    {
        var random = new Random(10);
        var seed = Encoding.UTF8.GetBytes("[" + Full + "]");
        for (var i = 0; i < 10_000; i++)
        {
            var bytes = (byte[])seed.Clone();
            for (var edits = random.Next(1, 4); edits > 0; edits--) bytes[random.Next(bytes.Length)] = (byte)(random.Next(3) == 0 ? random.Next(256) : "\"\\{}[],:0u"[random.Next(10)]);
            foreach (var read in CloudEventJson.Decode(bytes.AsSpan(0, random.Next(8) == 0 ? random.Next(bytes.Length) : bytes.Length)).Events) Walk(read.Data);
        }
    }

    private static void Walk(JsonElement? element)
    {
        if (element is { ValueKind: JsonValueKind.Object } data)
        {
            foreach (var property in data.EnumerateObject()) _ = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString() : property.Name;
        }
    }
}
