using System.Text.Json;
using System.Text.RegularExpressions;
using CityEdge.Adapters.Hwmon;
using CityEdge.Adapters.LinuxIio;
using CityEdge.Adapters.OneWire;
using CityEdge.Contracts;

namespace CityEdge.Adapters.Tests;

public sealed class SysfsTests : IDisposable
{
    private readonly AdapterFixture fixture = new();
    private readonly CancellationToken stop = TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    private static JsonElement Vector(string name) => JsonDocument.Parse(File.ReadAllText(AdapterFixture.Shared($"vectors/linux-sysfs/{name}"))).RootElement;

    private async Task<Dictionary<string, double>> Read<T>(string yaml) where T : IAdapter =>
        (await fixture.Make<T>(yaml).ReadOnceAsync(stop)).ToDictionary(r => r.Point.Name, r => r.Value.Number);

    [Fact]
    public async Task Hwmon_reads_a_real_tree_as_node_exporter_does()
    {
        var vector = Vector("hwmon-thermal.json");
        foreach (var file in vector.GetProperty("files").EnumerateObject()) fixture.Write(file.Name, file.Value.GetString() + "\n");
        foreach (var link in vector.GetProperty("symlinks").EnumerateObject()) Directory.CreateSymbolicLink(Path.Combine(fixture.Folder, link.Name), link.Value.GetString()!);
        var readings = await Read<HwmonAdapter>("{ id: h, type: hwmon, root: sys }");
        var checkedLines = 0;
        foreach (var line in vector.GetProperty("expected_prometheus").EnumerateArray())
        {
            if (Regex.Match(line.GetString()!, "^node_hwmon_(temp_celsius|in_volts|fan_rpm|freq_freq_mhz)\\{chip=\"(.*?)\",sensor=\"(.*?)\"\\} (.*)$") is not { Success: true } match) continue;
            var chip = match.Groups[2].Value switch { "platform_coretemp_0" => "coretemp", "nct6779" => "nct6779", var other => other };
            var sensor = match.Groups[3].Value switch { "sclk" => "freq1", "mclk" => "freq2", var other => other };
            var expected = double.Parse(match.Groups[4].Value) * (match.Groups[1].Value == "freq_freq_mhz" ? 1e6 : 1);
            Assert.Equal(expected, readings[$"{chip}.{sensor}"], 1e-9);
            checkedLines++;
        }
        Assert.Equal(12, checkedLines);
        Assert.Equal(checkedLines, readings.Count);
        var one = await Read<HwmonAdapter>("{ id: h, type: hwmon, root: sys, points: [ { name: core0, chip: coretemp, sensor: Core 0, kind: temperature }, { name: core0.f, chip: hwmon0, sensor: temp2, unit: '[degF]' } ] }");
        Assert.Equal(54, one["core0"]);
        Assert.Equal(129.2, one["core0.f"], 1e-9);
    }

    [Fact]
    public async Task Iio_reads_processed_values()
    {
        var vector = Vector("iio.json")[0];
        fixture.Write("bus/iio/devices/iio:device0/name", "dht11\n");
        foreach (var file in vector.GetProperty("files").EnumerateObject()) fixture.Write($"bus/iio/devices/iio:device0/{file.Name}", file.Value.GetString() + "\n");
        var readings = await Read<IioAdapter>("{ id: i, type: linux-iio, root: . }");
        Assert.Equal(vector.GetProperty("expect").GetProperty("temperature_C").GetDouble(), readings["dht11.temp"]);
        Assert.Equal(vector.GetProperty("expect").GetProperty("humidity_pct").GetDouble(), readings["dht11.humidityrelative"]);
    }

    [Fact]
    public async Task Iio_raw_values_are_offset_then_scaled_by_channel_or_by_type()
    {
        var device = "bus/iio/devices/iio:device1";
        fixture.Write($"{device}/name", "ads1115");
        fixture.Write($"{device}/in_voltage0_raw", "1312");
        fixture.Write($"{device}/in_voltage1_raw", "100");
        fixture.Write($"{device}/in_voltage1_scale", "2");
        fixture.Write($"{device}/in_voltage0-voltage1_raw", "8");
        fixture.Write($"{device}/in_voltage-voltage_scale", "125");
        fixture.Write($"{device}/in_voltage_scale", "1.25");
        fixture.Write($"{device}/in_temp_raw", "473");
        fixture.Write($"{device}/in_temp_offset", "-273");
        fixture.Write($"{device}/in_temp_scale", "100");
        fixture.Write($"{device}/in_pressure_raw", "405000");
        fixture.Write($"{device}/in_pressure_scale", "0.00025");
        fixture.Write($"{device}/in_concentration_co2_raw", "40");
        fixture.Write($"{device}/in_concentration_scale", "0.001");
        fixture.Write("bus/iio/devices/trigger0/name", "t");
        var readings = await Read<IioAdapter>("{ id: i, type: linux-iio, root: . }");
        Assert.Equal(1.64, readings["ads1115.voltage0"], 1e-12);
        Assert.Equal(0.2, readings["ads1115.voltage1"], 1e-12);
        Assert.Equal(1, readings["ads1115.voltage0-voltage1"], 1e-12);
        Assert.Equal(20, readings["ads1115.temp"], 1e-12);
        Assert.Equal(101_250, readings["ads1115.pressure"], 1e-6);
        Assert.Equal(0.0004, readings["ads1115.concentration_co2"], 1e-12);
        Assert.Equal(6, readings.Count);

        var adapter = fixture.Make<IioAdapter>("{ id: i, type: linux-iio, root: ., points: [ { name: tank.level, device: ads1115, channel: voltage0, kind: level, unit: m, scale: 2, offset: -1 }, { name: v, channel: voltage0, unit: mV, scale: 2 } ] }");
        await RunOnce(adapter);
        Assert.Equal([(2.28, "m"), (3.28, "V")], fixture.Readings.Select(r => (Math.Round(r.Value.Number, 9), r.Unit!)));
    }

    private async Task RunOnce(IAdapter adapter, int batches = 1)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var run = adapter.RunAsync(new NormalisingSink(fixture, adapter), cancel.Token);
        await AdapterFixture.Until(() => fixture.Batches.Count >= batches && fixture.Clock.NextDue is not null, "a round");
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public void One_wire_answers_are_judged_as_the_vectors_say()
    {
        foreach (var vector in Vector("w1_slave.json").EnumerateArray())
        {
            var text = vector.GetProperty("w1_slave").GetString()!;
            var value = W1Slave.Parse(text, null, out var fault);
            var isZero = text.StartsWith("00 00", StringComparison.Ordinal);
            if (vector.GetProperty("kernel_says").GetString() == "NO" || isZero)
            {
                Assert.Null(value);
                Assert.NotNull(fault);
            }
            else
            {
                Assert.Equal(vector.GetProperty("t_millidegree").GetInt32() / 1000d, value);
                Assert.Null(fault);
            }
        }
    }

    [Theory]
    [InlineData("50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n", null, null)]
    [InlineData("50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n", 21.0, null)]
    [InlineData("50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t=85000\n", 84.5, 85.0)]
    [InlineData("ff 07 4b 46 7f ff 0c 10 1c : crc=1c YES\nff 07 4b 46 7f ff 0c 10 1c t=127937\n", null, null)]
    [InlineData("", null, null)]
    [InlineData("x", null, null)]
    [InlineData("a : crc=1c YES\nb", null, null)]
    [InlineData("a : crc=1c YES\nb t=x", null, null)]
    public void One_wire_power_on_values_and_nonsense_are_faults(string text, double? previous, double? expected)
    {
        Assert.Equal(expected, W1Slave.Parse(text, previous, out var fault));
        Assert.Equal(expected is null, fault is not null);
    }

    [Fact]
    public async Task A_failing_sensor_is_a_counted_fault_and_the_others_go_on()
    {
        const string good = "2b 01 55 05 7f a5 81 66 cf : crc=cf YES\n2b 01 55 05 7f a5 81 66 cf t=18687\n";
        fixture.Write("bus/w1/devices/28-000001/w1_slave", good);
        fixture.Write("bus/w1/devices/28-000002/w1_slave", good.Replace("YES", "NO"));
        fixture.Write("bus/w1/devices/w1_bus_master1/w1_master_slaves", "x");
        var adapter = fixture.Make<OneWireAdapter>("{ id: w, type: one-wire, root: ., every: 30s, points: [ { name: supply, address: 28-000001 }, { name: return, address: 28-000002 }, { name: gone, address: 28-000003 } ] }");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var run = adapter.RunAsync(fixture, cancel.Token);
        for (var round = 1; round <= 3; round++)
        {
            await AdapterFixture.Until(() => fixture.Batches.Count == round && fixture.Clock.NextDue is not null, $"round {round}");
            Assert.Equal(round == 3 ? 5 : 2 * round, adapter.Health.Faults);
            if (round == 2) fixture.Write("bus/w1/devices/28-000002/w1_slave", good);
            if (round == 3) break;
            fixture.Clock.Advance(TimeSpan.FromSeconds(30));
        }
        Assert.Equal(AdapterFixture.T0.ToUnixTimeMilliseconds() + 60_000, fixture.Batches.Last()[0].TimeMs);
        Assert.Equal(["supply", "return"], fixture.Batches.Last().Select(r => r.Point.Name));
        Assert.Contains("28-000003", adapter.Health.LastError);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Fact]
    public async Task Sensors_are_discovered_and_new_ones_seen()
    {
        const string good = "2b 01 55 05 7f a5 81 66 cf : crc=cf YES\n2b 01 55 05 7f a5 81 66 cf t=18687\n";
        var adapter = fixture.Make<OneWireAdapter>("{ id: w, type: one-wire, root: . }");
        Assert.Empty(adapter.Points);
        await Assert.ThrowsAsync<IOException>(() => adapter.ReadOnceAsync(stop));
        fixture.Write("bus/w1/devices/28-0A/w1_slave", good);
        Assert.Equal("w1.28-0a", Assert.Single(await adapter.ReadOnceAsync(stop)).Point.Name);
        fixture.Write("bus/w1/devices/10-0b/w1_slave", good);
        Assert.Equal(2, (await adapter.ReadOnceAsync(stop)).Count);
        Assert.Equal(["w1.10-0b", "w1.28-0a"], adapter.Points.Select(p => p.Name));
        Assert.All(adapter.Points, p => Assert.Equal(PointKind.Temperature, p.Kind));
    }

    [Fact]
    public async Task A_faulty_hwmon_sensor_is_a_fault()
    {
        fixture.Write("class/hwmon/hwmon0/name", "max31785");
        fixture.Write("class/hwmon/hwmon0/temp1_input", "48312");
        fixture.Write("class/hwmon/hwmon0/temp2_input", "0");
        fixture.Write("class/hwmon/hwmon0/temp2_fault", "1");
        fixture.Write("class/hwmon/hwmon0/pwm1_input", "5");
        var adapter = fixture.Make<HwmonAdapter>("{ id: h, type: hwmon, root: . }");
        Assert.Equal(48.312, Assert.Single(await adapter.ReadOnceAsync(stop)).Value.Number);
        await RunOnce(adapter);
        Assert.Equal((AdapterState.Faulted, 1), (adapter.Health.State, adapter.Health.Faults));
        Assert.Contains("max31785.temp2", adapter.Health.LastError);
    }
}
