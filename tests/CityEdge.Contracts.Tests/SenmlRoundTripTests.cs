using System.Buffers;
using System.IO.Compression;
using System.Text;
using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Contracts.Tests;

public sealed class SenmlRoundTripTests
{
    private static readonly PointId Point = new("s", "d", "a.b");

    private static Gen<Reading> Readings()
    {
        var number = ArbMap.Default.GeneratorFor<double>().Where(double.IsFinite).Select(ReadingValue.FromNumber);
        var boolean = ArbMap.Default.GeneratorFor<bool>().Select(ReadingValue.FromBoolean);
        var text = ArbMap.Default.GeneratorFor<string>().Select(s => ReadingValue.FromText(new string([.. (s ?? "").Where(c => !char.IsSurrogate(c))])));
        var data = ArbMap.Default.GeneratorFor<byte[]>().Select(b => ReadingValue.FromData(b ?? []));
        var time = Gen.Choose(0, int.MaxValue).Select(n => SenmlJson.MinAbsoluteMs + n * 1237L);
        var name = Gen.Elements("a", "a.b", "x/y:z-1_2", "0");
        return from value in Gen.OneOf(number, boolean, text, data)
               from ms in time
               from n in name
               from quality in Gen.Choose(0, 31)
               from unit in Gen.Elements<string?>(null, "Cel", "m3/h")
               select new Reading(new PointId("s", "d", n), ms, value, unit, (Quality)quality);
    }

    private static byte[] Encode(params Reading[] readings)
    {
        var output = new ArrayBufferWriter<byte>();
        SenmlJson.Encode(output, "s/d/", readings);
        return output.WrittenSpan.ToArray();
    }

    [Fact]
    public void What_is_written_is_read_back_the_same() =>
        Prop.ForAll(Readings().NonEmptyListOf().ToArbitrary(), list =>
        {
            var readings = list.ToArray();
            var pack = SenmlJson.Decode(Encode(readings), null, 0);
            Assert.Null(pack.Refusal);
            Assert.Empty(pack.Errors);
            Assert.Equal(readings, pack.Records.Select(r => new Reading(PointId.TryParse(r.Name, out var id) ? id : default, r.TimeMs, r.Value!.Value, r.Unit, r.Quality)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Times_keep_their_milliseconds_and_doubles_their_last_bit()
    {
        var json = Encoding.UTF8.GetString(Encode(new Reading(Point, 1_700_000_000_120, ReadingValue.FromNumber(0.1 + 0.2), "Cel"), new Reading(Point, 1_700_000_000_000, ReadingValue.FromNumber(-0.0), null)));
        Assert.Equal("""[{"bn":"s/d/","n":"a.b","t":1700000000.12,"u":"Cel","v":0.30000000000000004},{"n":"a.b","t":1700000000,"v":-0}]""", json);
    }

    [Fact]
    public void What_SenML_cannot_carry_is_not_written()
    {
        Assert.Throws<ArgumentException>(() => Encode(new Reading(Point, SenmlJson.MinAbsoluteMs - 1, ReadingValue.FromNumber(1), null)));
        Assert.Throws<ArgumentException>(() => Encode(new Reading(Point, SenmlJson.MinAbsoluteMs, ReadingValue.FromNumber(double.NaN), null)));
        Assert.Throws<ArgumentException>(() => Encode(new Reading(new PointId("s", "other", "a"), SenmlJson.MinAbsoluteMs, ReadingValue.FromNumber(1), null)));
    }

    [Fact]
    public void Gzip_is_unpacked_and_bounded()
    {
        var json = Encode(new Reading(Point, 1_700_000_000_000, ReadingValue.FromNumber(1), null));
        Assert.Equal(json, SenmlJson.Decompress(Gzip(json), out _, out _));
        Assert.Null(SenmlJson.Decompress(Gzip(new byte[10_000_000]), out var reason, out var error));
        Assert.Equal(RefusalReason.TooLarge, reason);
        Assert.Contains("4194304", error);
        Assert.NotNull(SenmlJson.Decompress(Gzip(new byte[100]), out _, out _, 100));
        Assert.Null(SenmlJson.Decompress(Gzip(new byte[101]), out _, out _, 100));
        Assert.Null(SenmlJson.Decompress(new byte[] { 0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 }, out reason, out _));
        Assert.Equal(RefusalReason.NotSenml, reason);
    }

    [Fact]
    public void Damaged_packs_never_throw()
    {
        var random = new Random(8428);
        var seed = """[{"bn":"s/d/","bt":1700000000,"bu":"Cel","bver":10,"n":"a","v":1.5,"bv":2,"bs":1,"s":3,"ut":5},{"n":"b","vs":"\u00e9x","t":-5},{"n":"c","vd":"aGkgCg"},{"n":"d","vb":true,"x":[1,{"a":null}]}]"""u8.ToArray();
        var fragments = new[] { "\"v\":", "1e999", "\\ud800", "null", "[", "{", "}", "]", "\"bn\":", "\"_\":1,", "NaN", "\"\"", ",", "-" };
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = seed.ToList();
            for (var edits = random.Next(1, 5); edits > 0; edits--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0: bytes[at] = (byte)random.Next(256); break;
                    case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 6), bytes.Count - at)); break;
                    case 2: bytes.InsertRange(at, Encoding.ASCII.GetBytes(fragments[random.Next(fragments.Length)])); break;
                    default: bytes.RemoveRange(at, bytes.Count - at); break;
                }
                if (bytes.Count == 0) bytes.Add((byte)'[');
            }
            var pack = SenmlJson.Decode([.. bytes], "s/d/", 1_700_000_000_000);
            Assert.All(pack.Records, r => Assert.True(r.Value is { Type: not ReadingType.Number } or { AsNumber: >= double.MinValue and <= double.MaxValue } || r.Sum is not null));
            if (pack.Refusal is not null) Assert.Empty(pack.Records);
        }
    }

    internal static byte[] Gzip(byte[] bytes)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest)) gzip.Write(bytes);
        return output.ToArray();
    }
}
