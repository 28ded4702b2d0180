using CityEdge.Contracts;
using CityEdge.SegmentLog;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Edge.Tests;

public sealed class SpoolRecordTests
{
    private static LogRecord Record(byte[] body) => new(0, 0, SpoolRecord.Telemetry, 0, body);

    [Fact]
    public void Joined_records_decode_to_the_readings_that_went_in()
    {
        var value = Gen.OneOf(
            ArbMap.Default.GeneratorFor<NormalFloat>().Select(f => ReadingValue.FromNumber(f.Get)),
            ArbMap.Default.GeneratorFor<bool>().Select(ReadingValue.FromBoolean),
            ArbMap.Default.GeneratorFor<NonNull<string>>().Where(s => JsonSafe(s.Get)).Select(s => ReadingValue.FromText(s.Get)));
        var reading = from v in value
                      from t in Gen.Choose(0, int.MaxValue)
                      from q in Gen.Choose(0, 31)
                      from n in Gen.Elements("a", "boiler.temperature", "x-1/y:2_3")
                      select new Reading(new PointId("site", "device", n), AgentFixture.Now + t, v, v.Type == ReadingType.Number ? "Cel" : null, (Quality)q);
        Prop.ForAll(Arb.From(Gen.ListOf(Gen.ListOf(reading))), batches =>
        {
            var all = batches.SelectMany(b => b).ToList();
            var records = batches.SelectMany(b => SpoolRecord.EncodeReadings("site", "device", b.ToArray(), _ => Assert.Fail("too large"))).Select(Record).ToList();
            Assert.Equal(all.Count, records.Sum(SpoolRecord.Count));
            if (records.Count == 0) return;
            var pack = SenmlJson.Decode(SpoolRecord.Join(records), "site/device/", 0);
            Assert.Null(pack.Refusal);
            Assert.Empty(pack.Errors);
            Assert.Equal(all, pack.Records.Select(r => new Reading(Point(r.Name), r.TimeMs, r.Value!.Value, r.Unit, r.Quality)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithEndSize(30));

        static PointId Point(string name) => PointId.TryParse(name, out var id) ? id : throw new FormatException(name);
        static bool JsonSafe(string text) => text.All(c => !char.IsSurrogate(c));
    }

    [Fact]
    public void A_large_batch_is_split_and_a_reading_too_large_alone_is_told()
    {
        var readings = Enumerable.Range(0, 50).Select(i => AgentFixture.Reading(i) with { Value = ReadingValue.FromText(new string('x', i == 7 ? 300_000 : 20_000)), Unit = null }).ToArray();
        var refused = new List<Reading>();
        var bodies = SpoolRecord.EncodeReadings("site", "device", readings, refused.Add).ToList();
        Assert.Equal([readings[7]], refused);
        Assert.Equal(49, bodies.Sum(b => SpoolRecord.Count(Record(b))));
        Assert.All(bodies, b => Assert.True(b.Length <= SpoolRecord.MaxJsonBytes + SpoolRecord.HeaderBytes));
    }
}
