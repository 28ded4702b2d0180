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
}
