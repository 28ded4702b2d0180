using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Contracts.Tests;

/// <summary>RFC 8428: the examples of §5.1 and the rules of §4.</summary>
public sealed class SenmlDecodeTests
{
    private const long Arrival = 1_700_000_000_500;

    private static SenmlPack Decode(string json, string? baseName = null) => SenmlJson.Decode(Encoding.UTF8.GetBytes(json), baseName, Arrival);

    private static SenmlRecord One(string json, string? baseName = "s/d/")
    {
        var pack = Decode(json, baseName);
        Assert.Null(pack.Refusal);
        Assert.Empty(pack.Errors);
        return Assert.Single(pack.Records);
    }

    private static SenmlError Bad(string json)
    {
        var pack = Decode(json, "s/d/");
        Assert.Null(pack.Refusal);
        return Assert.Single(pack.Errors);
    }

    [Fact]
    public void Example_5_1_1_single_datapoint()
    {
        var record = One("""[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]""", null);
        Assert.Equal(("urn:dev:ow:10e2073a01080063", "Cel", 23.1, Arrival), (record.Name, record.Unit, record.Value!.Value.Number, record.TimeMs));
    }

    [Fact]
    public void Example_5_1_2_multiple_datapoints()
    {
        var pack = Decode("""
            [{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
             {"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},
             {"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]
            """);
        Assert.Empty(pack.Errors);
        Assert.Equal(7, pack.Records.Count);
        Assert.Equal(("urn:dev:ow:10e2073a0108006:voltage", "V", 1_276_020_076_001), (pack.Records[0].Name, pack.Records[0].Unit, pack.Records[0].TimeMs));
        Assert.Equal([1.2, 1.3, 1.4, 1.5, 1.6, 1.7], pack.Records.Skip(1).Select(r => r.Value!.Value.Number));
        Assert.Equal([-5000, -4000, -3000, -2000, -1000, 0], pack.Records.Skip(1).Select(r => r.TimeMs - 1_276_020_076_001));
        Assert.All(pack.Records.Skip(1), r => Assert.Equal(("urn:dev:ow:10e2073a0108006:current", "A"), (r.Name, r.Unit)));
    }

    [Fact]
    public void Example_5_1_3_multiple_measurements_resolve_as_5_1_4_states()
    {
        var pack = Decode("""
            [{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},
             {"u":"lon","v":24.30621},{"u":"lat","v":60.07965},
             {"t":60,"v":20.3},{"u":"lon","t":60,"v":24.30622},{"u":"lat","t":60,"v":60.07965},
             {"t":120,"v":20.7},{"u":"lon","t":120,"v":24.30623},{"u":"lat","t":120,"v":60.07966},
             {"u":"%EL","t":150,"v":98},
             {"t":180,"v":21.2},{"u":"lon","t":180,"v":24.30628},{"u":"lat","t":180,"v":60.07967}]
            """);
        Assert.Equal(13, pack.Records.Count);
        Assert.Equal(("%RH", 1_320_067_464_000, 20d), (pack.Records[0].Unit, pack.Records[0].TimeMs, pack.Records[0].Value!.Value.Number));
        Assert.Equal(("%EL", 1_320_067_614_000, 98d), (pack.Records[9].Unit, pack.Records[9].TimeMs, pack.Records[9].Value!.Value.Number));
        Assert.All(pack.Records, r => Assert.Equal("urn:dev:ow:10e2073a01080063", r.Name));
    }

    [Fact]
    public void Example_5_1_5_multiple_data_types()
    {
        var pack = Decode("""
            [{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Machine Room"},{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]
            """);
        Assert.Equal([ReadingType.Number, ReadingType.Text, ReadingType.Boolean, ReadingType.Data], pack.Records.Select(r => r.Value!.Value.Type));
        Assert.Equal("Machine Room", pack.Records[1].Value!.Value.Text);
        Assert.Equal("hi \n"u8.ToArray(), pack.Records[3].Value!.Value.Data.ToArray());
    }

    [Fact]
    public void Example_5_1_6_collection_of_resources_changes_base_name_and_keeps_base_time()
    {
        var pack = Decode("""
            [{"bn":"2001:db8::2/","bt":1.320078429e+09,"n":"temperature","u":"Cel","v":27.2},{"n":"humidity","u":"%RH","v":80},
             {"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},{"n":"humidity","u":"%RH","v":67}]
            """);
        Assert.Equal(["2001:db8::2/temperature", "2001:db8::2/humidity", "2001:db8::1/temperature", "2001:db8::1/humidity"], pack.Records.Select(r => r.Name));
        Assert.All(pack.Records, r => Assert.Equal(1_320_078_429_000, r.TimeMs));
    }

    [Fact]
    public void Example_5_1_7_relative_future()
    {
        var pack = Decode("""[{"bt":0.02,"bu":"/","n":"light/1","v":1},{"n":"light/2","v":1}]""", "s/d/");
        Assert.All(pack.Records, r => Assert.Equal(Arrival + 20, r.TimeMs));
    }

    [Theory]
    [InlineData("268435455", Arrival + 268_435_455_000)]
    [InlineData("268435456", 268_435_456_000)]
    [InlineData("-60", Arrival - 60_000)]
    [InlineData("1700000000.123", 1_700_000_000_123)]
    public void Times_below_2_to_the_28_are_relative(string t, long expected) => Assert.Equal(expected, One($$"""[{"n":"a","v":1,"t":{{t}}}]""").TimeMs);

    [Fact]
    public void Base_value_and_base_sum_are_added_and_carry_over()
    {
        var pack = Decode("""[{"bv":100,"bs":7,"n":"a","v":1.5,"s":2},{"n":"a","v":-1},{"bv":0,"n":"a","v":4},{"n":"b","vs":"x"},{"bv":9,"n":"c"}]""", "s/d/");
        Assert.Equal([101.5, 99, 4], pack.Records.Take(3).Select(r => r.Value!.Value.Number));
        Assert.Equal([9d, 7, 7, 7, 7], pack.Records.Select(r => r.Sum!.Value));
        Assert.Equal(9, pack.Records[4].Value!.Value.Number);
    }

    [Fact]
    public void A_record_of_base_fields_only_is_legal_and_is_no_reading()
    {
        var pack = Decode("""[{"bn":"s/d/","bu":"Cel","bv":20},{"n":"t","v":1}]""");
        Assert.Empty(pack.Errors);
        Assert.Equal(("s/d/t", "Cel", 21d), (pack.Records.Single().Name, pack.Records.Single().Unit, pack.Records.Single().Value!.Value.Number));
    }

    [Fact]
    public void A_sum_without_value_is_legal()
    {
        var record = One("""[{"n":"e","u":"W","s":3600,"ut":30}]""");
        Assert.Equal((null, 3600d, 30d), (record.Value, record.Sum, record.UpdateTime));
    }

    [Fact]
    public void Unknown_labels_are_ignored_unless_they_must_be_understood()
    {
        Assert.Equal(1, One("""[{"n":"a","v":1,"x":{"y":[1,2,{"v":5}]},"z":null}]""").Value!.Value.Number);
        var error = Bad("""[{"n":"a","v":1,"x_":2}]""");
        Assert.Equal(("x_", RefusalReason.BadRecord), (error.Field, error.Reason));
        Assert.Equal("x_", Bad("""[{"n":"a","v":1,"\u0078_":2}]""").Field);
        Assert.Equal(5, One("""[{"\u006e":"a","v":5}]""").Value!.Value.Number);
    }

    [Fact]
    public void A_newer_version_refuses_the_payload()
    {
        Assert.Contains("bver 11", Decode("""[{"bver":11,"n":"a","v":1}]""").Refusal);
        Assert.Equal(1, One("""[{"bver":10,"n":"a","v":1}]""").Value!.Value.Number);
    }

    [Theory]
    [InlineData("""[{"n":"a","v":"1"}]""", "v", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","v":1e999}]""", "v", RefusalReason.NotFinite)]
    [InlineData("""[{"n":"a","v":"NaN"}]""", "v", RefusalReason.NotFinite)]
    [InlineData("""[{"n":"a","v":null}]""", "v", RefusalReason.NotFinite)]
    [InlineData("""[{"n":"a","bv":1e308,"v":1e308}]""", "v", RefusalReason.NotFinite)]
    [InlineData("""[{"n":"a","vb":1}]""", "vb", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","vs":1}]""", "vs", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","vd":"aGkgCg=="}]""", "vd", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","vd":"a+/k"}]""", "vd", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","vs":"\ud800"}]""", "vs", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","v":1,"vs":"x"}]""", "v", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a"}]""", "v", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","v":1,"v":2}]""", "v", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","v":1,"\u0076":2}]""", "v", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a b","v":1}]""", "n", RefusalReason.BadRecord)]
    [InlineData("""[{"bn":"_x/","n":"a","v":1}]""", "n", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","v":1,"t":"now"}]""", "t", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","v":1,"t":1e15}]""", "t", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","v":1,"u":5}]""", "u", RefusalReason.BadRecord)]
    [InlineData("""[{"n":"a","v":1,"bver":0}]""", "bver", RefusalReason.BadRecord)]
    [InlineData("""[7]""", "", RefusalReason.BadRecord)]
    [InlineData("""[[{"n":"a","v":1}]]""", "", RefusalReason.BadRecord)]
    public void A_bad_record_is_refused_with_its_field(string json, string field, RefusalReason reason)
    {
        var error = Bad(json);
        Assert.Equal((0, field, reason), (error.Index, error.Field, error.Reason));
        Assert.StartsWith("record 0", error.Message);
    }

    [Fact]
    public void A_bad_record_leaves_its_neighbours_alone()
    {
        var pack = Decode("""[{"n":"a","v":1},{"n":"b","v":"x"},{"n":"c","v":3}]""", "s/d/");
        Assert.Equal(["s/d/a", "s/d/c"], pack.Records.Select(r => r.Name));
        Assert.Equal(1, Assert.Single(pack.Errors).Index);
    }

    [Fact]
    public void What_leans_on_an_unreadable_base_field_is_refused_until_it_is_replaced()
    {
        var pack = Decode("""[{"bn":5,"n":"a","v":1},{"n":"b","v":2},{"bn":"s/d/","n":"c","v":3},{"bu":7,"n":"d","v":4},{"n":"e","u":"Cel","v":5},{"n":"f","v":6}]""", "s/d/");
        Assert.Equal(["s/d/c", "s/d/e"], pack.Records.Select(r => r.Name));
        Assert.Equal([0, 1, 3, 5], pack.Errors.Select(e => e.Index));
    }

    [Theory]
    [InlineData("", "byte 0")]
    [InlineData("hello", "byte 0")]
    [InlineData("{}", "byte 0")]
    [InlineData("[]", "at least one record")]
    [InlineData("""[{"n":"a","v":NaN}]""", "byte 14")]
    [InlineData("[{\"n\":\"a\",\n\"v\":1}", "byte ")]
    [InlineData("""[{"n":"a","v":1}] x""", "byte 18")]
    public void What_is_not_SenML_is_refused_whole_with_its_position(string json, string part)
    {
        var pack = Decode(json, "s/d/");
        Assert.Contains(part, pack.Refusal);
        Assert.Equal(RefusalReason.NotSenml, pack.Reason);
        Assert.Empty(pack.Records);
    }

    [Fact]
    public void A_byte_order_mark_is_tolerated() => Assert.Single(SenmlJson.Decode([0xEF, 0xBB, 0xBF, .. """[{"n":"a","v":1}]"""u8], "s/d/", 0).Records);
}
