using CityEdge.Contracts;

namespace CityEdge.Adapters.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private readonly AdapterFixture fixture = new();

    public ConfigurationTests() => fixture.Write("a.csv", "timestamp,value\n2020-01-01 00:00:00,1\n");

    public void Dispose() => fixture.Dispose();

    [Theory]
    [InlineData("id: a\ntype: modbas\n", 2, 7, "type", "known are")]
    [InlineData("id: a\n", 1, 1, "type", "missing")]
    [InlineData("id: a\ntype: one-wire\nevry: 5s\n", 3, 1, "evry", "unknown key 'evry'; known here are every, id, points, root, type")]
    [InlineData("id: a\ntype: one-wire\nevery: 5\n", 3, 8, "every", "not a duration")]
    [InlineData("id: a\ntype: one-wire\npoints:\n  - { name: t, address: 28-1, unit: V, kind: temperature }\n", 4, 37, "points[0].unit", "Cel is")]
    [InlineData("id: a\ntype: one-wire\npoints:\n  - { name: t, address: 28-1, kind: heat }\n", 4, 37, "points[0].kind", "known are")]
    [InlineData("id: a\ntype: one-wire\npoints:\n  - { name: t, address: 28-1, colour: red }\n", 4, 31, "points[0].colour", "unknown key")]
    [InlineData("id: a\ntype: one-wire\npoints:\n  - { name: 't t', address: 28-1 }\n", 4, 13, "points[0].name", "no point name")]
    [InlineData("id: a\ntype: one-wire\npoints:\n  - { name: t }\n", 4, 5, "points[0].address", "missing")]
    [InlineData("id: a\ntype: one-wire\npoints:\n  - { name: t, address: 28-1 }\n  - { name: t, address: 28-2 }\n", 5, 13, "points[1].name", "already declared")]
    [InlineData("id: a\ntype: one-wire\npoints:\n  - { name: t, address: 28-1, range: [5, 1] }\n", 4, 38, "points[0].range", "pair")]
    [InlineData("id: a\ntype: one-wire\npoints: 5\n", 3, 9, "points", "list of mappings")]
    [InlineData("id: a\ntype: replay\nfile: b.csv\ntime: timestamp\npoints: [ { name: v, column: value } ]\n", 3, 7, "file", "no such file")]
    [InlineData("id: a\ntype: replay\nfile: a.csv\ntime: stamp\npoints: [ { name: v, column: value } ]\n", 4, 7, "time", "it has timestamp, value")]
    [InlineData("id: a\ntype: replay\nfile: a.csv\ntime: timestamp\npoints: [ { name: v, column: valu } ]\n", 5, 9, "points", "no column 'valu'")]
    [InlineData("id: a\ntype: replay\nfile: a.csv\ntime: timestamp\nzone: Mars/Base\npoints: [ { name: v, column: value } ]\n", 5, 7, "zone", "unknown zone")]
    [InlineData("id: a\ntype: replay\nfile: a.csv\ntime: timestamp\nspeed: fast\npoints: [ { name: v, column: value } ]\n", 5, 8, "speed", "not a number")]
    [InlineData("id: a\ntype: replay\nfile: a.csv\ntime: timestamp\nstart: now\nspeed: max\npoints: [ { name: v, column: value } ]\n", 5, 8, "start", "needs one as a number")]
    [InlineData("id: a\ntype: replay\nfile: a.csv\ntime: timestamp\n", 1, 1, "points", "needs points")]
    public void A_mistake_is_named_with_file_line_column_and_key(string yaml, long line, long column, string key, string message)
    {
        var result = fixture.Create(yaml);
        Assert.Null(result.Adapter);
        var error = Assert.Single(result.Errors);
        Assert.Equal(("agent.yaml", line, column, key), (error.File, error.Line, error.Column, error.Key));
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_point_carries_all_that_the_normaliser_and_the_announcement_need()
    {
        var adapter = fixture.Create("""
            id: a
            type: replay
            file: a.csv
            time: timestamp
            points:
              - { name: p, column: value, kind: pressure, unit: kPa, asset: b-1, labels: { role: supply }, scale: 0.1, offset: -5, range: [0, 1000], dead_band: 0.5, heartbeat: 2m, stuck_after: 6h, max_jump: 10 }
            """).Adapter!;
        var point = Assert.Single(adapter.Points);
        Assert.Equal(new PointConfig { Kind = PointKind.Pressure, Unit = "kPa", Scale = 0.1, Offset = -5, Min = 0, Max = 1000, DeadBand = 0.5, Heartbeat = TimeSpan.FromMinutes(2), StuckAfter = TimeSpan.FromHours(6), MaxJumpPerSecond = 10 }, point.Normalisation);
        var announced = point.ToAnnouncement();
        Assert.Equal(("p", "pressure", "Pa", "b-1", "supply"), (announced.Name, announced.Kind, announced.Unit, announced.Asset, announced.Labels!["role"]));
    }

    [Fact]
    public async Task The_normalising_sink_passes_canonical_readings_and_counts_the_rest()
    {
        fixture.Write("n.csv", "timestamp,value\n2020-01-01 00:00:00,100\n2020-01-01 00:00:01,100.2\n2020-01-01 00:00:02,300\n1970-01-01 00:00:02,300\n");
        var adapter = fixture.Create("{ id: a, type: replay, file: n.csv, time: timestamp, speed: max, points: [ { name: p, column: value, unit: kPa, dead_band: 1, range: [0, 200] } ] }").Adapter!;
        var drops = new List<NormaliserDrop>();
        await adapter.RunAsync(new NormalisingSink(fixture, adapter, (_, d) => drops.Add(d.Drop)), TestContext.Current.CancellationToken);
        Assert.Equal([(100_000d, "Pa", Quality.Good), (300_000, "Pa", Quality.OutOfRange)], fixture.Readings.Select(r => (r.Value.Number, r.Unit!, r.Quality)));
        Assert.Equal([NormaliserDrop.DeadBand, NormaliserDrop.TimeOutOfRange], drops);
    }

    [Fact]
    public async Task Progress_in_files_survives_and_ids_cannot_leave_the_folder()
    {
        var stop = TestContext.Current.CancellationToken;
        var progress = new FileAdapterProgress(Path.Combine(fixture.Folder, "spool"));
        Assert.Null(await progress.LoadAsync("a", stop));
        foreach (var id in (string[])["a", "../../evil", "名"])
        {
            await progress.SaveAsync(id, "one", stop);
            await progress.SaveAsync(id, id + " two", stop);
            Assert.Equal(id + " two", await new FileAdapterProgress(Path.Combine(fixture.Folder, "spool")).LoadAsync(id, stop));
        }
        Assert.Equal(3, Directory.GetFiles(Path.Combine(fixture.Folder, "spool")).Length);
    }
}
