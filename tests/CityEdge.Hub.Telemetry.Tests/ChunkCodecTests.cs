using System.Runtime.InteropServices;
using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Hub.Telemetry.Tests;

public class ChunkCodecTests
{
    private static readonly double[] Corners =
        [0, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue, double.MinValue, 9007199254740991, 9007199254740993,
         -9007199254740992, 0.1 + 0.2, 23.45, -40.125, (float)23.45, 1e-9, 1e-10, 1e300, BitConverter.Int64BitsToDouble(0x7ff8_0000_0000_1234), BitConverter.Int64BitsToDouble(unchecked((long)0xfff0_0000_0000_0001))];

    private static Gen<double> Doubles => Gen.OneOf(
        Gen.Elements(Corners),
        Gen.Choose(-1_000_000, 1_000_000).SelectMany(m => Gen.Choose(0, 6).Select(s => m / Math.Pow(10, s))),
        Gen.Choose(int.MinValue, int.MaxValue).Select(i => (double)BitConverter.Int32BitsToSingle(i)),
        Gen.Choose(int.MinValue, int.MaxValue).SelectMany(a => Gen.Choose(int.MinValue, int.MaxValue).Select(b => BitConverter.Int64BitsToDouble(((long)a << 32) | (uint)b))));

    private static Gen<ReadingValue> Values => Gen.Frequency(
        (6, Doubles.Select(ReadingValue.FromNumber)),
        (1, Gen.Elements(true, false).Select(ReadingValue.FromBoolean)),
        (1, Gen.Elements("", "ok", "故障", "door \"open\"\n", new string('x', 300)).Select(ReadingValue.FromText)),
        (1, Gen.Choose(0, 20).Select(n => ReadingValue.FromData(new byte[n]))));

    private static Gen<long> Times => Gen.OneOf(
        Gen.Choose(0, 1000).Select(i => 1_700_000_000_000 + (i * 60_000L)),
        Gen.Elements(long.MinValue, long.MaxValue, 0L, -1L));

    private static Gen<StoredReading> Rows =>
        from time in Times
        from value in Values
        from quality in Gen.Frequency((5, Gen.Constant(0)), (1, Gen.Choose(0, 31)))
        select new StoredReading(time, value, (Quality)quality);

    [Fact]
    public void Every_row_comes_back_bit_for_bit()
    {
        var arbitrary = Gen.Choose(1, 200).SelectMany(n => Rows.ArrayOf(n)).ToArbitrary();
        Prop.ForAll(arbitrary, rows =>
        {
            var back = RoundTrip(rows);
            return back.Count == rows.Length && rows.Zip(back).All(p => Same(p.First, p.Second));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public void Runs_of_one_type_come_back_bit_for_bit()
    {
        foreach (var number in Corners)
        {
            var rows = Enumerable.Range(0, 120).Select(i => new StoredReading(i * 10_000, ReadingValue.FromNumber(i % 7 == 3 ? number : 20 + (i * 0.05)), Quality.Good)).ToArray();
            Assert.All(rows.Zip(RoundTrip(rows)), p => Assert.True(Same(p.First, p.Second)));
        }
    }

    [Fact]
    public void A_slow_temperature_costs_about_two_bytes_a_row()
    {
        var random = new Random(5);
        var value = 2100;
        var rows = Enumerable.Range(0, 120).Select(i => new StoredReading(1_700_000_000_000 + (i * 60_000L) + random.Next(200), ReadingValue.FromNumber((value += random.Next(-3, 4)) / 100.0), Quality.Good)).ToArray();
        var bytes = new ChunkEncoder().Encode(rows).Length;
        Assert.True(bytes < 2.2 * rows.Length, $"{bytes} bytes for {rows.Length} rows");
        var regular = rows.Select((r, i) => r with { TimeMs = i * 60_000L, Value = ReadingValue.FromNumber(21.5) }).ToArray();
        Assert.InRange(new ChunkEncoder().Encode(regular).Length, 10, 40);
    }

    [Fact]
    public void Damaged_bytes_give_an_error_and_nothing_else()
    {
        var random = new Random(77);
        var encoder = new ChunkEncoder();
        var kinds = new[] { ReadingValue.FromNumber(0.1 + 0.2), ReadingValue.FromNumber(3.25), ReadingValue.FromBoolean(true), ReadingValue.FromText("abc"), ReadingValue.FromData([1, 2, 3]) };
        var into = new List<StoredReading>();
        var (errors, wrong) = (0, 0);
        for (var round = 0; round < 30_000; round++)
        {
            var rows = Enumerable.Range(0, random.Next(1, 40)).Select(i => new StoredReading(i * 1000, kinds[random.Next(kinds.Length)], (Quality)random.Next(2))).ToArray();
            var body = encoder.Encode(rows).ToArray();
            for (var hits = random.Next(1, 5); hits > 0; hits--) body[random.Next(body.Length)] = (byte)random.Next(256);
            if (random.Next(3) == 0) body = body[..random.Next(body.Length)];
            var repaired = round % 2 == 0 && body.Length >= 6;
            // A right checksum over wrong bytes: the decoder itself must hold.
            if (repaired) BitConverter.TryWriteBytes(body, ChunkEncoder.Checksum(body.AsSpan(4)));
            into.Clear();
            var read = ChunkDecoder.TryDecode(body, into, out var error);
            Assert.Equal(read, error is null);
            Assert.True(into.Count <= ChunkDecoder.MaxRows);
            if (!read) Assert.Empty(into);
            if (!read) errors++;
            else if (!repaired && !body.AsSpan().SequenceEqual(encoder.Encode(rows))) wrong++;
        }
        Assert.True(errors > 15_000, $"only {errors} of 30000 damaged chunks were found out");
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Noise_is_refused()
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var noise = new byte[random.Next(0, 200)];
            random.NextBytes(noise);
            if (noise.Length >= 6)
            {
                noise[4] = (byte)(1 + (i % ChunkDecoder.Format));
                BitConverter.TryWriteBytes(noise, ChunkEncoder.Checksum(noise.AsSpan(4)));
            }
            ChunkDecoder.TryDecode(noise, [], out _);
        }
    }

    public static bool Same(StoredReading a, StoredReading b) =>
        a.TimeMs == b.TimeMs && a.Quality == b.Quality && a.Value.Type == b.Value.Type &&
        (a.Value.Type == ReadingType.Number ? BitConverter.DoubleToInt64Bits(a.Value.Number) == BitConverter.DoubleToInt64Bits(b.Value.Number) : a.Value.Equals(b.Value));

    private static List<StoredReading> RoundTrip(StoredReading[] rows)
    {
        var back = new List<StoredReading>();
        Assert.True(ChunkDecoder.TryDecode(new ChunkEncoder().Encode(rows), back, out var error), error);
        Assert.Equal(rows.Length, CollectionsMarshal.AsSpan(back).Length);
        return back;
    }
}
