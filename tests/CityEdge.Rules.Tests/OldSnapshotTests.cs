using System.IO.Compression;
using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>Snapshots that earlier commits wrote: five readings, a mean whose alarm is open, a hold that runs.</summary>
public class OldSnapshotTests
{
    private const string Format1 =
        "Q2l0eUVkZ2VSdWxlcwEAAAAAx+2tmwEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAIAAAAdGhlLXJ1bGUAAAAAY5MA0af+XkYBAAAABQAAAGJqLTAxAwAAAGRldgQAAAByb29tACjJrZsBAAABAMftrZsB" +
        "AAAAx+2tmwEAAADH7a2bAQAAAAAAAABAMEDAJwkAAAAAAMAnCQAAAAAAwCcJAAAAAADAJwkAAAAAAAAAAAAAAAAAACjJrZsBAAAEAAAAwE/SrZsBAAAAAAAAAAA0QAAAAAAAADRAAAAAAAAANEAAAAAAAAA0QAEA" +
        "AAAAAAAAAAAAAIB3262bAQAAAAAAAAAAMUAAAAAAAAAxQAAAAAAAADFAAAAAAAAAMUABAAAAAAAAAAAAAABAn+StmwEAAAAAAAAAgDFAAAAAAACAMUAAAAAAAIAxQAAAAAAAgDFAAQAAAAAAAAAAAAAAAMftrZsB" +
        "AAAAAAAAAEAwQAAAAAAAQDBAAAAAAABAMEAAAAAAAEAwQAEAAAAAAAAAAAAAAAEAAAAAAAAAgHfbrZsBAABAn+StmwEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMDAkYEAP////////9/AAAAAAAAAIBAn+St" +
        "mwEAAAAAAAAAAACAACjJrZsBAAAAAAAAAAAAAMM5pVV+jP+qQdGotzAQNMw=";

    private const string Format2 =
        "Q2l0eUVkZ2VSdWxlcwIAAAAAx+2tmwEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEAAAAIAAAAdGhlLXJ1bGUAAAAAGB33qzLvxxQBAAAABQAAAGJqLTAxAwAAAGRldgQAAAByb29tACjJrZsBAAABAMftrZsB" +
        "AAAAx+2tmwEAAADH7a2bAQAAAAAAAABAMEDAJwkAAAAAAMAnCQAAAAAAwCcJAAAAAADAJwkAAAAAAAAAAAAAAAAAACjJrZsBAAAEAAAAwE/SrZsBAAAAAAAAAAA0QAAAAAAAADRAAAAAAAAANEAAAAAAAAA0QAEA" +
        "AAAAAAAAAAAAAAAAAAAAAAAAgHfbrZsBAAAAAAAAAAAxQAAAAAAAADFAAAAAAAAAMUAAAAAAAAAxQAEAAAAAAAAAAAAAAAAAAAAAAAAAQJ/krZsBAAAAAAAAAIAxQAAAAAAAgDFAAAAAAACAMUAAAAAAAIAxQAEA" +
        "AAAAAAAAAAAAAAAAAAAAAAAAAMftrZsBAAAAAAAAAEAwQAAAAAAAQDBAAAAAAABAMEAAAAAAAEAwQAEAAAAAAAAAAAAAAAAAAAAAAAAAAwAAAAAAAAAAADFAAAAAAACAMUAAAAAAAEAwQAEAAAAAAAAAgHfbrZsB" +
        "AABAn+StmwEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAMDAkYEAP////////9/AAAAAAAAAIBAn+StmwEAAAAAAAAAAACAACjJrZsBAAAAAAAAAAAAACELHZ3IQ7WFCrGM3BsTYE0=";

    /// <summary>With what is learned of the point. Brotli.</summary>
    private const string Format3 =
        "G6hGIK4KbBc0LKukpFwwO/vYfDnsgmSiQVD+4e+F4iUVjJZd5pUB8AFWoiu4Af5/BnrAVZrR8rVK1UDY7m/TyYiH211R2hVllmAgVEKECRYhtVFnckIJ0Af0IobofTwBCWjaf0sFKkF/oP6g/c1CtRpfwStYEKl3vObWdicIfkqSZMZiz3FG" +
        "NZBRRWUWFNVAFXDmb68AGCUqWqCjpdE/iIsABNQf6nEdzjIXQB3UtfkHBauChsYuNfAncrzOHZ2Ib/Rf1glABsmjntoArA0A4EyDxdF5/R4XAGGywdBGle4H7lQwJgYnV16yKBgQIPSBiPk5PQAABLOcPYqaQSvv3guAI+CL8O+hDnKw478e" +
        "AGYSAH4EgB8HgNXWCzhpCLnr2qGuJGY6vp1V6D6YwxZEQknlycvGd1QatT9ap4VeeP2RdD/a8u1YHybk2zbfb2+OMuqQ9tzJkl8NGEba9KSRCCCOtupP9astZPocdQ3d1ztbqvHqB68AwDqX886STYEpA6YdJY33Ug4mP310TsIqCTDbowmg" +
        "+dabNl+PELnLLrH0xvuFL4cKB1fPjLevvA2TAEq2S5K+yDPVAQCES33XrT/wnTLu0Tws/oXWyAL4kVy/083/Px9D4bBaaWy434ZEAIDQTunRQcHUqqoMNVruAgDFMVEUXRxsXCcCawxHPzNcN+tawWs=";

    /// <summary>Four readings of a point, three failed sessions of a kiosk, a fifth reading, a session that did not fail. Brotli.</summary>
    private const string Format4 =
        "G0EEAAaCfr+2T84aos1EG1woiGjkZ4hEjXioZk1cpoNRl/K3YqUBP8KTlNRK1fKgoeDtU4rnwTIeygRDpQKGqGJs6uqRDro1VvllJE7m2oFybVT5jqJf00BU2ufcsOCYkoANiKAW7slDAD4tQ9gdSoqsQHd9TTjDUwCqhtiZ+CstEIAJqGwM" +
        "j4pWQHVNrwZyNCJoy2gs2PjYkOc/AWRFZS0G2gAYGlBSOqmBxeLdc1MAxGURDHrV6DuTp6IxYVhZ4/cSBgYEiD0RYXIB2iIIgkNw8SolCzT/aj+zDMmmkVpssS7f76sWoKmhraspPHE7dgOKLvexzvz94n+u1o190Vouu/L1HgEAbNuTUeRN" +
        "vPTqVAwlTelryxswlsSCT0pZEBAAYKSzft8KeV0A2uKW6Z4bK5uWrGOZ7oD7M8FczkP3yBWCqZyvrp8LeH3lO1MCChASoYDk8G5AKARscMRaSWEE4+Bp0Uzm/uC8eqmI37xtz/YC";

    [Theory]
    [InlineData(Format1, "")]
    [InlineData(Format2, " or last(3, value < 18) > 50 %")]
    public void An_earlier_format_goes_on_where_it_was(string written, string more)
    {
        var yaml = Yaml("raise: [ { severity: P3, when: \"value < 18\", for: 2h }, { severity: P4, when: \"mean(30m) < 19" + more + "\" } ]");
        var straight = new RuleBench(yaml).Point().Read(0, 21).Read(10, 20).Read(20, 17).Read(30, 17.5).Read(40, 16.25);
        straight.News();
        var load = RuleEngine.Load(Convert.FromBase64String(written), new RuleEngineOptions(), [Rule(yaml)], [Context()]);
        Assert.Equal((null, 0), (load.Error, load.Transitions.Count));
        Assert.Equal(straight.Engine.Explain(Room)[0] with { Timers = [] }, load.Engine!.Explain(Room)[0] with { Timers = [] });
        var loaded = new RuleBench { Engine = load.Engine };
        var news = straight.ReadEvery(50, 130, 10, 16).Advance(200).Read(210, 24).Read(220, 24).Read(240, 24).News();
        Assert.Contains("SeverityChanged P3 at 140", news, StringComparison.Ordinal);
        Assert.Equal(news, loaded.ReadEvery(50, 130, 10, 16).Advance(200).Read(210, 24).Read(220, 24).Read(240, 24).News());
    }

    [Fact]
    public void Format_3_goes_on_with_what_it_has_learned()
    {
        var yaml = Yaml("raise: [ { severity: P3, when: \"value < 18\", for: 2h }, { severity: P4, when: \"mean(30m) < 19 or forecast(2h) < -200 Cel\" } ]");
        var straight = new RuleBench(yaml).Point().Read(0, 21).Read(10, 20).Read(20, 17).Read(30, 17.5).Read(40, 16.25);
        straight.News();
        var load = RuleEngine.Load(Unpacked(Format3), new RuleEngineOptions(), [Rule(yaml)], [Context()]);
        Assert.Equal((null, 0), (load.Error, load.Transitions.Count));
        AssertSame(straight.Engine, load.Engine!, Room);
        var loaded = new RuleBench { Engine = load.Engine! };
        // Past the first 200 readings, so that what was learned before is asked.
        Assert.Equal(GoOn(straight), GoOn(loaded));
        AssertSame(straight.Engine, loaded.Engine, Room);
        Assert.DoesNotContain("learning", straight.Engine.Explain(Room)[0].Learned, StringComparison.OrdinalIgnoreCase);

        static string GoOn(RuleBench bench) => bench.ReadEvery(50, 3000, 10, 16).Read(3010, 24).Read(3020, 24).News();
    }

    [Fact]
    public void Format_4_goes_on_with_its_events()
    {
        string[] yamls =
        [
            Yaml("raise: [ { severity: P3, when: \"value < 18\", for: 2h }, { severity: P4, when: \"mean(30m) < 19\" } ]"),
            EventBench.Yaml("raise: [ { severity: P3, when: data.ok == false, for: 2m }, { severity: P2, when: \"count(data.ok == false, 5m) >= 3\" } ]\nclear: { when: data.ok == true, for: 1m }", "rule-hold"),
        ];
        var straight = new EventBench(yamls);
        straight.Engine.SetPoint(Context(), Start, []);
        foreach (var (at, value) in (ReadOnlySpan<(double, double)>)[(0, 21), (10, 20), (20, 17), (30, 17.5)]) Read(straight, at, value);
        straight.Failed(35).Failed(38).Failed(39.5);
        Read(straight, 40, 16.25);
        straight.Ok(40.5).News();
        var load = RuleEngine.Load(Unpacked(Format4), new RuleEngineOptions(), yamls.Select(Rule), [Context()], EventBench.ContextOf);
        Assert.Equal((null, 0), (load.Error, load.Transitions.Count));
        foreach (var id in (PointId[])[Room, EventBench.Kiosk]) AssertSame(straight.Engine, load.Engine!, id);
        var loaded = new EventBench { Engine = load.Engine! };
        // A session of which the alarm's clear did not know.
        var news = GoOn(straight);
        Assert.Contains("Revised", news, StringComparison.Ordinal);
        Assert.Contains("SeverityChanged P3 at 140", news, StringComparison.Ordinal);
        Assert.Equal(news, GoOn(loaded));

        static void Read(EventBench bench, double at, double value) => bench.Engine.Apply(new Reading(Room, Ms(at), ReadingValue.FromNumber(value), "Cel", Quality.Good), Ms(at), bench.Output);

        static string GoOn(EventBench bench)
        {
            bench.Advance(41.8).Send(40.8, """{"ok":false}""", 41.9, "late");
            for (var at = 50; at <= 150; at += 10) Read(bench, at, 16);
            return bench.Advance(400).News();
        }
    }

    internal static void AssertSame(RuleEngine expected, RuleEngine actual, PointId point)
    {
        var (before, after) = (expected.Explain(point), actual.Explain(point));
        Assert.NotEmpty(before);
        Assert.Equal(before.Select(state => state with { Timers = [] }), after.Select(state => state with { Timers = [] }));
        Assert.Equal(before.SelectMany(state => state.Timers), after.SelectMany(state => state.Timers));
    }

    internal static byte[] Unpacked(string packed)
    {
        var to = new MemoryStream();
        using var brotli = new BrotliStream(new MemoryStream(Convert.FromBase64String(packed)), CompressionMode.Decompress);
        brotli.CopyTo(to);
        return to.ToArray();
    }
}
