using System.Text;
using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Hub.Telemetry.Tests;

public class ExchangeTests
{
    private static readonly TelemetryPoint Point = new(new PointId("bj-01", "kiosk-7", "boiler:a/b.c"), PointKind.Temperature);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static Gen<ReadingValue> Values => Gen.OneOf(
        Gen.Choose(int.MinValue, int.MaxValue).SelectMany(a => Gen.Choose(int.MinValue, int.MaxValue).Select(b => ReadingValue.FromNumber(BitConverter.Int64BitsToDouble(((long)a << 32) | (uint)b)))),
        Gen.Elements(0.0, -0.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 21.5, double.Epsilon, BitConverter.Int64BitsToDouble(0x7ff8_0000_0000_1234)).Select(ReadingValue.FromNumber),
        Gen.Elements(true, false).Select(ReadingValue.FromBoolean),
        Gen.Elements('a', '"', '\\', ',', '=', ' ', '\n', '\r', '故', '#').ArrayOf().Select(c => ReadingValue.FromText(new string(c))),
        Gen.Choose(0, 9).Select(n => ReadingValue.FromData([.. Enumerable.Range(0, n).Select(i => (byte)(i * 37))])));

    private static Gen<StoredReading> Readings =>
        from day in Gen.Choose(-40_000, 60_000)
        from ms in Gen.Choose(0, 86_399_999)
        from value in Values
        from quality in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(1, 31)))
        select new StoredReading((day * Partition.DayMs) + ms, value, (Quality)quality);

    [Fact]
    public void Csv_comes_back_bit_for_bit() => Prop.ForAll(Readings.ArrayOf().ToArbitrary(), rows =>
    {
        var text = new StringBuilder(ReadingCsv.Head + "\r\n");
        foreach (var row in rows) ReadingCsv.Append(text, Point, row);
        var back = Read(text.ToString(), ReadingFormat.Csv, out var bad);
        return bad.Count == 0 && back.Count == rows.Length && rows.Zip(back).All(p => p.Second.Point == Point.Point && p.Second.Kind == Point.Kind && ChunkCodecTests.Same(p.First, new StoredReading(p.Second.TimeMs, p.Second.Value, p.Second.Quality)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void Line_protocol_comes_back_but_for_data_and_what_is_not_finite() => Prop.ForAll(Readings.ArrayOf().ToArbitrary(), rows =>
    {
        var text = new StringBuilder("# a comment\n");
        var kept = rows.Where(r => ReadingLine.Append(text, Point, r)).Select(r => r.Value.Type == ReadingType.Data ? r with { Value = ReadingValue.FromText(r.Value.ToString()) } : r).ToList();
        var back = Read(text.ToString(), ReadingFormat.Line, out var bad);
        return bad.Count == 0 && rows.Where(r => r.Value.Type != ReadingType.Number || double.IsFinite(r.Value.Number)).Count() == kept.Count && back.Count == kept.Count
            && kept.Zip(back).All(p => p.Second.Point == Point.Point && ChunkCodecTests.Same(p.First, new StoredReading(p.Second.TimeMs, p.Second.Value, p.Second.Quality)));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void Bad_lines_are_told_by_number_and_the_rest_is_taken()
    {
        var csv = $"{ReadingCsv.Head}\n2026-01-01T00:00:00Z,s/d/p,value,number,1,\nyesterday,s/d/p,value,number,1,\n2026-01-01T00:00:01Z,s/d/p,value,text,\"two\nlines\",\n2026-01-01T00:00:02Z,s/d/p,value,number,x,\n2026-01-01T00:00:03Z,s/d/p,value,number,4,8";
        Assert.Equal(3, Read(csv, ReadingFormat.Csv, out var bad).Count);
        Assert.Equal([3L, 6], bad.Select(b => b.Line));
        Assert.Contains("yesterday", bad[0].Message);
        const string Lines = "value,device=d,point=p,site=s value=1 1000\nvalue,device=d,site=s value=1 1000\nvalue,device=d,point=p,site=s value=1,flag=true 1000\n\nvalue,site=s,point=p,device=d text=\"a \\\"b\\\"\\\\ c\",quality=4i 2000000\n";
        var rows = Read(Lines, ReadingFormat.Line, out bad);
        Assert.Equal([2L, 3], bad.Select(b => b.Line));
        Assert.Equal(new TelemetryRow(new PointId("s", "d", "p"), PointKind.Value, 2_000_000, ReadingValue.FromText("a \"b\"\\ c"), Quality.Stuck), rows[1]);
    }

    [Theory]
    [InlineData("ns", 1_700_000_000_123_456_789, 1_700_000_000_123)]
    [InlineData("us", 1_700_000_000_123_456, 1_700_000_000_123)]
    [InlineData("ms", 1_700_000_000_123, 1_700_000_000_123)]
    [InlineData("s", 1_700_000_000, 1_700_000_000_000)]
    public void Times_have_the_unit_that_is_said(string precision, long time, long expected)
    {
        Assert.True(ReadingLine.TryParse($"value,device=d,point=p,site=s value=1 {time}", precision, out var row, out var error), error);
        Assert.Equal(expected, row.TimeMs);
    }

    [Fact]
    public void Noise_gives_errors_and_nothing_else()
    {
        var random = new Random(11);
        var seeds = new[] { "2026-01-01T00:00:00Z,s/d/p,value,text,\"a\"\"b\",4", "value,device=d,point=p,site=s text=\"x\\\"\",quality=4i 1000", "0x,,,,\"" };
        for (var i = 0; i < 20_000; i++)
        {
            var text = seeds[random.Next(seeds.Length)].ToCharArray();
            for (var hits = random.Next(4); hits > 0; hits--) text[random.Next(text.Length)] = "\",=\\ \n0x9-"[random.Next(10)];
            var record = new string(text);
            Assert.Equal(ReadingCsv.TryParse(record, out _, out var error), error is null);
            Assert.Equal(ReadingLine.TryParse(record, "ns", out _, out error), error is null);
        }
    }

    [Fact]
    public async Task What_one_store_exports_another_imports_and_exports_alike()
    {
        using var folder = new TempFolder();
        await using var one = EmbeddedTelemetryStore.Open(folder.Sub("1"), new EmbeddedStoreOptions(), new ManualTimeProvider(0));
        await using var two = EmbeddedTelemetryStore.Open(folder.Sub("2"), new EmbeddedStoreOptions(), new ManualTimeProvider(0));
        var rows = Enumerable.Range(0, 12_000).Select(i => new TelemetryRow(new PointId("s", "d" + (i % 3), "p"), i % 3 == 0 ? PointKind.Text : PointKind.Value, 1_700_000_000_000 + (i * 1000L),
            i % 3 == 0 ? ReadingValue.FromText("line\n" + i) : ReadingValue.FromNumber(Math.Sqrt(i)), (Quality)(i % 7 == 0 ? 2 : 0))).ToList();
        await one.WriteAsync(rows, 1, Cancellation);
        using var first = new MemoryStream();
        var (written, leftOut) = await ReadingExport.WriteAsync(one, one.Points!, long.MinValue, long.MaxValue, ReadingFormat.Csv, first, null, Cancellation);
        Assert.Equal((12_000, 0), (written, leftOut));
        // Cut off after a while, and gone on from the line that is told.
        var (text, next) = (Encoding.UTF8.GetString(first.ToArray()), 1L);
        await Assert.ThrowsAsync<OperationCanceledException>(() => ReadingImport.ReadAsync(new StringReader(text), ReadingFormat.Csv, "ms", 1, async (batch, line, ct) =>
        {
            if (next > 1) throw new OperationCanceledException();
            await two.ImportAsync([.. batch.Select(b => b.Row)], ct);
            next = line;
        }, b => Assert.Fail(b.Message), Cancellation));
        var rest = await ReadingImport.ReadAsync(new StringReader(text), ReadingFormat.Csv, "ms", next, (batch, _, ct) => two.ImportAsync([.. batch.Select(b => b.Row)], ct), b => Assert.Fail(b.Message), Cancellation);
        Assert.Equal(12_000 - ReadingImport.BatchRows, rest);
        using var second = new MemoryStream();
        await ReadingExport.WriteAsync(two, two.Points!, long.MinValue, long.MaxValue, ReadingFormat.Csv, second, null, Cancellation);
        Assert.Equal(text, Encoding.UTF8.GetString(second.ToArray()));
    }

    [Theory]
    [InlineData("*", "a/b/c", true)]
    [InlineData("a/*/c", "a/b/d/c", true)]
    [InlineData("a/?/c", "a/bb/c", false)]
    [InlineData("a/*", "b/a/c", false)]
    [InlineData("*temp*", "s/d/a.temperature", true)]
    [InlineData("", "a/b/c", false)]
    public void Points_are_chosen_by_glob(string pattern, string id, bool fits) => Assert.Equal(fits, PointGlob.Matches(pattern, id));

    private static List<TelemetryRow> Read(string text, ReadingFormat format, out List<ReadingImport.BadLine> bad)
    {
        var (rows, wrong) = (new List<TelemetryRow>(), new List<ReadingImport.BadLine>());
        ReadingImport.ReadAsync(new StringReader(text), format, "ms", 1, (batch, _, _) =>
        {
            rows.AddRange(batch.Select(b => b.Row));
            return ValueTask.CompletedTask;
        }, wrong.Add, CancellationToken.None).GetAwaiter().GetResult();
        bad = wrong;
        return rows;
    }
}
