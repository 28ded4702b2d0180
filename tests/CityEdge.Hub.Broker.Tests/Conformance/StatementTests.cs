using System.Globalization;
using System.Reflection;
using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>The suite held against the standards: every statement has a case, a test or a reason why there is none.</summary>
public sealed class StatementTests
{
    private const string Page = "COVERAGE.md";

    private static string Folder => Path.Combine(Checkout.Root, "tests", "CityEdge.Hub.Broker.Tests", "Conformance");

    private static List<ConformanceCase> CasesOf(string version, string id) => [.. ConformanceCase.All.Where(c => ((version == "5.0" ? c.V5 : c.V311) ?? []).Contains(id))];

    // Appendix B of each standard, counted by chapter.
    [Theory]
    [InlineData("3.1.1", 3, 9, 95, 26, 4, 4)]
    [InlineData("5.0", 5, 7, 175, 60, 4, 0)]
    public void Every_statement_of_the_standard_is_here(string version, int one, int two, int three, int four, int six, int seven)
    {
        var all = Statement.Load(version);
        Assert.Equal(all.Length, all.Select(s => s.Id).Distinct().Count());
        Assert.Equal([('1', one), ('2', two), ('3', three), ('4', four), ('6', six), ('7', seven)],
            "123467".Select(chapter => (chapter, all.Count(s => s.Id[0] == chapter))));
        Assert.All(all, s => Assert.True(s.Binds is "server" or "client" or "both" && s.Text.Length > 10, s.Id));
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public void Every_statement_is_shown_or_says_why_not(string version)
    {
        var missing = new List<string>();
        foreach (var s in Statement.Load(version))
        {
            var shown = CasesOf(version, s.Id).Count > 0 || s.Server is { Length: > 0 };
            if (s.BindsServer && !shown && s.NoServer is not { Length: > 15 }) missing.Add($"{s.Id} on the server: {s.Text}");
            if (shown && s.NoServer is not null) missing.Add($"{s.Id} is shown and says that it cannot be");
            if (s.BindsClient && s.Client is not { Length: > 0 } && s.NoClient is not { Length: > 20 } && s.Broken is not { Length: > 20 }) missing.Add($"{s.Id} on the client: {s.Text}");
        }
        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    [Theory]
    [InlineData("3.1.1")]
    [InlineData("5.0")]
    public void Cases_and_tests_that_are_named_exist(string version)
    {
        var all = Statement.Load(version);
        var ids = all.Select(s => s.Id).ToHashSet();
        foreach (var one in ConformanceCase.All) Assert.All((version == "5.0" ? one.V5 : one.V311) ?? [], id => Assert.True(ids.Contains(id), $"'{one.Name}' names {id}, which {version} does not have"));
        foreach (var test in all.SelectMany(s => s.Server ?? []).Distinct())
        {
            var parts = test[(test.LastIndexOf('/') + 1)..].Split('.');
            if (test.Contains('/'))
            {
                var file = Directory.GetFiles(Path.Combine(Checkout.Root, "tests", test[..test.IndexOf('/')]), parts[0] + ".cs", SearchOption.AllDirectories).SingleOrDefault();
                Assert.True(file is not null && File.ReadAllText(file).Contains($" {parts[1]}("), $"{test} is no test");
                continue;
            }
            var type = Assembly.GetExecutingAssembly().GetTypes().SingleOrDefault(t => t.Name == parts[0]);
            Assert.True(type?.GetMethod(parts[1]) is not null, $"{test} is no test");
        }
    }

    /// <summary>CITYEDGE_WRITE=1 writes it anew.</summary>
    [Fact]
    public void The_page_says_what_the_suite_says()
    {
        var page = Write();
        var path = Path.Combine(Folder, Page);
        if (Environment.GetEnvironmentVariable("CITYEDGE_WRITE") == "1") File.WriteAllText(path, page);
        Assert.Equal(page, File.ReadAllText(path));
    }

    private static string Write()
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# Coverage of the standards\n\nWritten by `StatementTests` from the cases and `statements-*.json` (`CITYEDGE_WRITE=1` writes it anew). {ConformanceCase.All.Count} cases, {ConformanceCase.Runs().Count()} runs.\n\n");
        page.Append("| | statements | bind the server: shown | no case can | bind the client: shown | no test can | not obeyed |\n| --- | --- | --- | --- | --- | --- | --- |\n");
        foreach (var version in (string[])["3.1.1", "5.0"])
        {
            var all = Statement.Load(version);
            var (server, client) = (all.Where(s => s.BindsServer).ToList(), all.Where(s => s.BindsClient).ToList());
            page.Append(CultureInfo.InvariantCulture,
                $"| {version} | {all.Length} | {server.Count(s => s.NoServer is null)} of {server.Count} | {server.Count(s => s.NoServer is not null)} | {client.Count(s => s.Client is not null)} of {client.Count} | {client.Count(s => s.NoClient is not null)} | {all.Count(s => s.Broken is not null)} |\n");
        }
        page.Append("\n## Not obeyed, or not wholly\n\n");
        foreach (var version in (string[])["3.1.1", "5.0"])
        {
            foreach (var s in Statement.Load(version).Where(s => s.Broken is not null || s.Partly is not null)) page.Append(CultureInfo.InvariantCulture, $"- {version}, {s.Id}, {s.Text}: {s.Broken ?? s.Partly}\n");
        }
        page.Append("\n## What mosquitto 2.0.11 fails\n\nThe same cases run against it as the control; these must fail there, so that a mended one is noticed.\n\n");
        foreach (var one in ConformanceCase.All.Where(c => c.KnownToFailIn(MqttVersion.V311) || c.KnownToFailIn(MqttVersion.V500))) page.Append(CultureInfo.InvariantCulture, $"- {one.Name}: {one.Mosquitto![(one.Mosquitto!.IndexOf(": ", StringComparison.Ordinal) + 2)..]}\n");
        foreach (var version in (string[])["3.1.1", "5.0"])
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## MQTT {version}\n\n| Statement | Binds | Shown by |\n| --- | --- | --- |\n");
            foreach (var s in Statement.Load(version)) page.Append(CultureInfo.InvariantCulture, $"| {s.Id} {s.Text} | {s.Binds} | {Shown(version, s)} |\n");
        }
        return page.ToString();
    }

    private static string Shown(string version, Statement s)
    {
        var parts = new List<string>();
        parts.AddRange(CasesOf(version, s.Id).Select(c => c.Name.Replace("|", "\\|", StringComparison.Ordinal)));
        parts.AddRange((s.Server ?? []).Select(t => $"`{t}`"));
        if (s.NoServer is { } server) parts.Add("server: none, " + server);
        parts.AddRange((s.Client ?? []).Select(t => $"client: `{t}`"));
        if (s.NoClient is { } client) parts.Add("client: none, " + client);
        if (s.Broken is not null) parts.Add("**not obeyed by the client**");
        return string.Join("; ", parts);
    }
}
