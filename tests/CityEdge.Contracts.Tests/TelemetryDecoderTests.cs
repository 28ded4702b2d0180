using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Contracts.Tests;

public sealed class TelemetryDecoderTests
{
    private const long Arrival = 1_700_000_000_000;

    private sealed class Catalog : Dictionary<string, (PointKind Kind, string? Unit, ReadingType Type)>, IPointCatalog
    {
        public bool TryGet(PointId point, out PointKind kind, out string? unit, out ReadingType type)
        {
            var found = TryGetValue(point.Name, out var entry);
            (kind, unit, type) = entry;
            return found;
        }
    }

    private static TelemetryBatch Decode(string json, Catalog? catalog = null) => TelemetryDecoder.Decode("s", "d", Encoding.UTF8.GetBytes(json), Arrival, catalog ?? []);

    [Fact]
    public void Kind_and_canonical_unit_follow_from_the_unit_of_an_unknown_point()
    {
        var batch = Decode("""[{"n":"supply.t","u":"K","v":300},{"n":"door","vb":true},{"n":"note","vs":"x"},{"n":"load","v":4},{"n":"img","vd":"aGk"}]""");
        Assert.Empty(batch.Refusals);
        Assert.Equal([PointKind.Temperature, PointKind.Contact, PointKind.Text, PointKind.Value, PointKind.Text], batch.Readings.Select(r => r.Kind));
        Assert.Equal(new Reading(new PointId("s", "d", "supply.t"), Arrival, ReadingValue.FromNumber(26.85), "Cel"), batch.Readings[0].Reading);
    }

    [Fact]
    public void A_name_outside_the_devices_own_is_refused_alone()
    {
        var batch = Decode("""[{"n":"a","v":1},{"bn":"s/other/","n":"b","v":2},{"bn":"s/d2/","n":"b","v":2},{"bn":"","n":"s/d/c","v":3}]""");
        Assert.Equal(["a", "c"], batch.Readings.Select(r => r.Reading.Point.Name));
        Assert.Equal([(1, RefusalReason.ForeignName), (2, RefusalReason.ForeignName)], batch.Refusals.Select(r => (r.Index, r.Reason)));
        Assert.Contains("s/other/b", batch.Refusals[0].Message);
    }

    [Fact]
    public void A_time_more_than_five_minutes_ahead_is_stored_at_arrival_with_quality()
    {
        var batch = Decode("""[{"n":"a","v":1,"t":300},{"n":"a","v":1,"t":300.001},{"n":"a","v":1,"t":-86400}]""");
        Assert.Equal([(Arrival + 300_000, Quality.Good), (Arrival, Quality.FutureTime), (Arrival - 86_400_000, Quality.Good)], batch.Readings.Select(r => (r.Reading.TimeMs, r.Reading.Quality)));
    }

    [Fact]
    public void Never_a_number_and_a_boolean_under_one_name()
    {
        var catalog = new Catalog { ["a"] = (PointKind.Value, null, ReadingType.Number) };
        var refusal = Assert.Single(Decode("""[{"n":"a","vb":true},{"n":"a","v":2}]""", catalog).Refusals);
        Assert.Equal((0, RefusalReason.TypeChanged), (refusal.Index, refusal.Reason));
        var inOnePack = Decode("""[{"n":"b","v":1},{"n":"b","vb":true},{"n":"b","v":3}]""");
        Assert.Equal((1, RefusalReason.TypeChanged), (Assert.Single(inOnePack.Refusals).Index, inOnePack.Refusals[0].Reason));
        Assert.Equal(2, inOnePack.Readings.Count);
        var announced = new Catalog { ["t"] = (PointKind.Temperature, null, ReadingType.None) };
        Assert.Equal(RefusalReason.TypeChanged, Assert.Single(Decode("""[{"n":"t","vb":true}]""", announced).Refusals).Reason);
    }

    [Theory]
    [InlineData("""[{"n":"p","u":"V","v":1}]""")]
    [InlineData("""[{"n":"p","u":"furlong","v":1}]""")]
    [InlineData("""[{"n":"new","u":"furlong","v":1}]""")]
    [InlineData("""[{"n":"seconds","u":"m","v":1}]""")]
    public void A_unit_that_does_not_fit_is_refused(string json)
    {
        var catalog = new Catalog { ["p"] = (PointKind.Pressure, "kPa", ReadingType.Number), ["seconds"] = (PointKind.Value, "s", ReadingType.Number) };
        var batch = Decode(json, catalog);
        Assert.Empty(batch.Readings);
        Assert.Equal(RefusalReason.BadUnit, Assert.Single(batch.Refusals).Reason);
    }

    [Fact]
    public void Without_a_unit_the_points_registered_unit_holds()
    {
        var catalog = new Catalog { ["p"] = (PointKind.Pressure, "kPa", ReadingType.Number), ["s"] = (PointKind.Value, "s", ReadingType.Number), ["h"] = (PointKind.Humidity, null, ReadingType.None) };
        var batch = Decode("""[{"n":"p","v":2},{"n":"p","u":"bar","v":2},{"n":"s","u":"ms","v":1500},{"n":"h","u":"%","v":45}]""", catalog);
        Assert.Equal([(2000d, "Pa"), (200_000, "Pa"), (1.5, "s"), (45, "%RH")], batch.Readings.Select(r => (r.Reading.Value.Number, r.Reading.Unit!)));
    }

    [Fact]
    public void Whole_payloads_are_refused_with_their_reason()
    {
        Assert.Equal(RefusalReason.NotSenml, Decode("temperature=21").Refused);
        var bomb = TelemetryDecoder.Decode("s", "d", SenmlRoundTripTests.Gzip(new byte[10_000_000]), Arrival, new Catalog());
        Assert.Equal(RefusalReason.TooLarge, bomb.Refused);
    }

    [Fact]
    public void Gzip_is_read_like_plain_text()
    {
        var gzip = SenmlRoundTripTests.Gzip("""[{"n":"a","v":1}]"""u8.ToArray());
        Assert.Equal(1, TelemetryDecoder.Decode("s", "d", gzip, Arrival, new Catalog()).Readings.Single().Reading.Value.Number);
    }

    [Fact]
    public void Not_finite_records_and_sums_alone_are_refused_alone()
    {
        var batch = Decode("""[{"n":"a","v":1e400},{"n":"b","s":5},{"n":"c","v":1},{"n":"d","u":"GWh","v":1e300}]""");
        Assert.Equal([(0, RefusalReason.NotFinite), (1, RefusalReason.BadRecord), (3, RefusalReason.NotFinite)], batch.Refusals.Select(r => (r.Index, r.Reason)));
        Assert.Equal("c", batch.Readings.Single().Reading.Point.Name);
    }
}
