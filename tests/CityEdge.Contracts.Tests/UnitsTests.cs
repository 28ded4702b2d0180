using CityEdge.Contracts;

namespace CityEdge.Contracts.Tests;

public sealed class UnitsTests
{
    [Theory]
    [InlineData("K", 300, "Cel", 26.85, PointKind.Temperature)]
    [InlineData("[degF]", 212, "Cel", 100, PointKind.Temperature)]
    [InlineData("[degF]", -40, "Cel", -40, PointKind.Temperature)]
    [InlineData("°C", 21.5, "Cel", 21.5, PointKind.Temperature)]
    [InlineData("bar", 1.2, "Pa", 120000, PointKind.Pressure)]
    [InlineData("mbar", 1013, "Pa", 101300, PointKind.Pressure)]
    [InlineData("kPa", 101.3, "Pa", 101300, PointKind.Pressure)]
    [InlineData("hPa", 1013.25, "Pa", 101325, PointKind.Pressure)]
    [InlineData("mm[H2O]", 10, "Pa", 98.0665, PointKind.Pressure)]
    [InlineData("m3/h", 36, "m3/s", 0.01, PointKind.Flow)]
    [InlineData("l/s", 5, "m3/s", 0.005, PointKind.Flow)]
    [InlineData("L/min", 60, "m3/s", 0.001, PointKind.Flow)]
    [InlineData("dm3/min", 60, "m3/s", 0.001, PointKind.Flow)]
    [InlineData("L", 250, "m3", 0.25, PointKind.Volume)]
    [InlineData("hL", 1, "m3", 0.1, PointKind.Volume)]
    [InlineData("mm", 1500, "m", 1.5, PointKind.Level)]
    [InlineData("[ft_i]", 10, "m", 3.048, PointKind.Level)]
    [InlineData("kW", 2.5, "W", 2500, PointKind.Power)]
    [InlineData("kW.h", 1, "J", 3600000, PointKind.Energy)]
    [InlineData("kWh", 1, "J", 3600000, PointKind.Energy)]
    [InlineData("Wh", 1, "J", 3600, PointKind.Energy)]
    [InlineData("MWh", 2, "J", 7.2e9, PointKind.Energy)]
    [InlineData("GJ", 1.5, "J", 1.5e9, PointKind.Energy)]
    [InlineData("mA", 20, "A", 0.02, PointKind.Current)]
    [InlineData("mV", 3300, "V", 3.3, PointKind.Voltage)]
    [InlineData("%", 55, "/", 0.55, PointKind.Ratio)]
    [InlineData("%RH", 55, "%RH", 55, PointKind.Humidity)]
    [InlineData("klx", 1.5, "lx", 1500, PointKind.Illuminance)]
    [InlineData("MHz", 433, "Hz", 433e6, PointKind.Value)]
    [InlineData("min", 2, "s", 120, PointKind.Value)]
    [InlineData("kvar", 3, "var", 3000, PointKind.Value)]
    [InlineData("kVA", 3, "VA", 3000, PointKind.Value)]
    [InlineData("km/h", 36, "m/s", 10, PointKind.Value)]
    [InlineData("dBm", 30, "dBW", 0, PointKind.Value)]
    [InlineData("10*-3.m", 5, "m", 0.005, PointKind.Level)]
    [InlineData("m3{net}/h", 36, "m3/s", 0.01, PointKind.Flow)]
    [InlineData("kg.m2/s2", 7, "J", 7, PointKind.Energy)]
    [InlineData("J/(s)", 7, "W", 7, PointKind.Power)]
    public void Converts_to_the_canonical_unit(string unit, double value, string canonicalUnit, double expected, PointKind kind)
    {
        Assert.True(Units.TryConvert(value, unit, out var canonical, out var to, out var actualKind));
        Assert.Equal(canonicalUnit, to);
        Assert.Equal(kind, actualKind);
        Assert.Equal(expected, canonical, Math.Abs(expected) * 1e-12 + 1e-12);
    }

    [Theory]
    [InlineData("m3/h", 36, 0.01)]
    [InlineData("mA", 3, 0.003)]
    [InlineData("K", 300, 26.85)]
    [InlineData("kPa", 101.3, 101300)]
    [InlineData("%", 7, 0.07)]
    public void Round_numbers_stay_round(string unit, double value, double expected)
    {
        Assert.True(Units.TryConvert(value, unit, out var canonical, out _, out _));
        Assert.Equal(expected, canonical);
    }

    [Theory]
    [InlineData("V", PointKind.Temperature)]
    [InlineData("Cel", PointKind.Pressure)]
    [InlineData("VA", PointKind.Power)]
    [InlineData("furlong", PointKind.Level)]
    [InlineData("", PointKind.Level)]
    [InlineData("m/", PointKind.Level)]
    [InlineData("m)", PointKind.Level)]
    [InlineData("((((((m))))))", PointKind.Level)]
    [InlineData("0.m", PointKind.Level)]
    [InlineData("lux", PointKind.Illuminance)]
    [InlineData("furlong", PointKind.Value)]
    [InlineData("%RH", PointKind.Ratio)]
    public void A_unit_of_something_else_is_refused(string unit, PointKind kind) => Assert.False(Units.TryConvert(1, unit, kind, out _));

    [Fact]
    public void Percent_is_humidity_for_a_humidity_point()
    {
        Assert.True(Units.TryConvert(45, "%", PointKind.Humidity, out var canonical));
        Assert.Equal(45, canonical, 1e-12);
    }

    [Fact]
    public void Every_kind_accepts_its_own_canonical_unit_and_infers_from_it()
    {
        foreach (var kind in PointKinds.All)
        {
            Assert.True(PointKinds.TryParse(PointKinds.Name(kind), out var parsed));
            Assert.Equal(kind, parsed);
            if (PointKinds.CanonicalUnit(kind) is not { } unit) continue;
            Assert.Equal(kind, PointKinds.FromUnit(unit));
            Assert.True(Units.TryConvert(12.5, unit, kind, out var same));
            Assert.Equal(12.5, same);
        }
    }

    [Fact]
    public void Units_of_one_quantity_convert_into_each_other()
    {
        Assert.True(Units.TryConvert(1.5, "h", "min", out var minutes));
        Assert.Equal(90, minutes);
        Assert.False(Units.TryConvert(1, "h", "m", out _));
    }

    [Fact]
    public void Any_text_is_answered_without_an_exception()
    {
        var random = new Random(7);
        const string alphabet = "mkgsAKl/.()*^{}[]10-+%uhWJVPabr2 \u00b5";
        for (var i = 0; i < 100_000; i++)
        {
            var text = string.Create(random.Next(0, 12), random, static (span, r) => { foreach (ref var c in span) c = alphabet[r.Next(alphabet.Length)]; });
            if (Units.TryGet(text, out var definition)) Assert.True(definition.Multiplier > 0 && definition.Divisor > 0, text);
        }
    }
}
