using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>The program <c>cityedge-hub</c> as people and scripts call it: answers on standard output, errors on standard error, exit codes 0, 1, 2 (design §5).</summary>
public sealed class CommandLineTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly RunningHub hub = fixture.Hub;

    private sealed record Result(int Code, IReadOnlyList<string> Lines, string Errors)
    {
        public string Output => string.Join('\n', Lines);

        public Result Exits(int code)
        {
            Assert.True(Code == code, $"Expected exit code {code}, got {Code}.\n{Output}\n{Errors}");
            return this;
        }
    }

    private static async Task<Result> RunAsync(string? input, params string[] arguments)
    {
        await using var child = new ChildProcess(HubProcess.Program, arguments, null, input ?? "");
        var code = await child.WaitForExitAsync(Patience);
        return new Result(code, [.. child.Lines], child.Errors);
    }

    private Task<Result> OnHubAsync(params string[] arguments) => RunAsync(null, [.. arguments, "--hub", hub.Host.Http.ToString()]);

    [Fact]
    public async Task Help_lists_the_commands()
    {
        var help = (await RunAsync(null, "--help")).Exits(0).Output;
        foreach (var command in new[] { "serve", "demo", "devices", "users", "rules", "assets", "complaints", "journal", "deadletter" }) Assert.Contains($"  {command} ", help + " ", StringComparison.Ordinal);
        var serve = (await RunAsync(null, "serve", "--help")).Exits(0).Output;
        foreach (var flag in new[] { "--data", "--http", "--https", "--mqtt", "--mqtts", "--config", "--rules", "--max-age", "--retention", "--telemetry", "--influx-url", "--auth", "CITYEDGE_INFLUX_URL" }) Assert.Contains(flag, serve, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dance")]
    [InlineData("serve --colour red")]
    [InlineData("devices add")]
    [InlineData("rules check")]
    [InlineData("rules check /no/such/file.yaml")]
    [InlineData("serve --auth none --mqtt 0.0.0.0:0")]
    [InlineData("serve --auth none --http http://0.0.0.0:0")]
    [InlineData("devices list --hub nonsense")]
    [InlineData("journal verify --data /no/such/directory")]
    public async Task Wrong_usage_is_2_and_says_what_is_wrong(string line)
    {
        var result = (await RunAsync(null, line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Exits(2);
        Assert.NotEqual("", result.Errors.Trim());
        Assert.DoesNotContain("   at CityEdge", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_with_an_error_is_named_with_file_line_and_column()
    {
        using var folder = new TemporaryFolder();
        var bad = folder.Write("bad.yaml", "id: bad-rule\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\ncolour: red\nraise:\n  - { severity: P3, when: \"value < 18\" }\n");
        var good = folder.Write("good.yaml", "id: good-rule\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nraise:\n  - { severity: P3, when: \"value < 18\" }\n");
        Assert.Contains($"{bad}:4:1:", (await RunAsync(null, "rules", "check", folder.Path)).Exits(1).Errors, StringComparison.Ordinal);
        var json = (await RunAsync(null, "rules", "check", bad, "--json")).Exits(1);
        var error = JsonSerializer.Deserialize<JsonElement>(json.Lines[0]);
        Assert.Equal((bad, 4, 1), (error.Text("file"), error.GetProperty("line").GetInt32(), error.GetProperty("column").GetInt32()));
        (await RunAsync(null, "rules", "check", good)).Exits(0);

        // Applied together they change nothing.
        (await OnHubAsync("rules", "apply", good, bad)).Exits(1);
        (await hub.TryGetAsync("/api/v1/rules/good-rule")).Is(System.Net.HttpStatusCode.NotFound);
        Assert.Contains("good-rule version 1", (await OnHubAsync("rules", "apply", good)).Exits(0).Output, StringComparison.Ordinal);
        Assert.Equal("good-rule", JsonSerializer.Deserialize<JsonElement>((await OnHubAsync("rules", "list", "--json")).Exits(0).Lines.Single(l => l.Contains("good-rule", StringComparison.Ordinal))).Text("id"));
    }

    [Fact]
    public async Task A_rule_goes_back_to_an_earlier_version()
    {
        using var folder = new TemporaryFolder();
        const string Yaml = "id: cli-versions\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nwhere: { site: cli-versions }\nraise:\n  - { severity: P3, when: \"value < 18\" }\n";
        (await OnHubAsync("rules", "apply", folder.Write("one.yaml", Yaml), "--reason", "first")).Exits(0);
        await hub.TemperatureAsync("cli-versions/dev", 15);
        var two = folder.Write("two.yaml", Yaml.Replace("18", "17", StringComparison.Ordinal));
        Assert.Contains("cli-versions version 2, 1 open alarms kept", (await OnHubAsync("rules", "apply", two)).Exits(0).Output, StringComparison.Ordinal);
        Assert.Contains("cli-versions version 3, 1 open alarms closed", (await OnHubAsync("rules", "rollback", "cli-versions", "1", "--open-alarms", "close")).Exits(0).Output, StringComparison.Ordinal);
        var versions = (await OnHubAsync("rules", "versions", "cli-versions")).Exits(0).Output;
        foreach (var word in new[] { "first", "rollback to version 1" }) Assert.Contains(word, versions, StringComparison.Ordinal);
        Assert.Contains("version", (await OnHubAsync("rules", "rollback", "cli-versions", "9")).Exits(1).Errors, StringComparison.Ordinal);
        Assert.Contains("reevaluate", (await OnHubAsync("rules", "apply", two, "--open-alarms", "burn")).Exits(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_file_is_rehearsed_over_the_stored_readings()
    {
        using var folder = new TemporaryFolder();
        const string Yaml = "id: cli-rehearsed\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nwhere: { site: cli-past }\nraise:\n  - { severity: P3, when: \"value < 18\" }\n";
        var file = folder.Write("rule.yaml", Yaml);
        await hub.TemperatureAsync("cli-past/dev", 17);
        await hub.DrainAsync();
        string[] over = ["--from", Shape.Iso(hub.Clock.NowMs - 3_600_000), "--to", Shape.Iso(hub.Clock.NowMs + 1000)];
        var report = JsonSerializer.Deserialize<JsonElement>(Assert.Single((await OnHubAsync(["rules", "rehearse", file, .. over, "--json"])).Exits(0).Lines));
        Assert.Equal("cli-past/dev/t", Assert.Single(report.GetProperty("items").EnumerateArray()).Text("point"));
        var shown = (await OnHubAsync(["rules", "rehearse", file, .. over])).Exits(0).Output;
        foreach (var word in new[] { "cli-rehearsed", "1 alarms", "2026-W03", "cli-past/dev/t" }) Assert.Contains(word, shown, StringComparison.Ordinal);
        Assert.Empty(await hub.ListAsync("/api/v1/alarms?rule=cli-rehearsed"));

        var bad = folder.Write("bad.yaml", Yaml.Replace("value < 18", "value <", StringComparison.Ordinal));
        Assert.Contains($"{bad}:6:", (await OnHubAsync(["rules", "rehearse", bad, .. over])).Exits(1).Errors, StringComparison.Ordinal);
        Assert.Contains("from", (await OnHubAsync("rules", "rehearse", file, "--from", "yesterday")).Exits(1).Errors, StringComparison.Ordinal);
        (await OnHubAsync("rules", "rehearse", file)).Exits(2);
    }

    [Fact]
    public async Task The_shipped_rules_pass_their_tests() => (await RunAsync(null, "rules", "test")).Exits(0);

    [Fact]
    public async Task A_secret_stands_alone_on_its_line()
    {
        var token = Assert.Single((await OnHubAsync("devices", "add", "cli/dev")).Exits(0).Lines);
        Assert.Matches("^[A-Za-z0-9_-]{43,}$", token);
        (await RunAsync("correct horse battery\n", "users", "add", "cli-user", "--role", "crew", "--hub", hub.Host.Http.ToString())).Exits(0);
        Assert.Matches("^[A-Za-z0-9_-]{43,}$", Assert.Single((await OnHubAsync("users", "token", "cli-user")).Exits(0).Lines));
        Assert.Contains("cli/dev", (await OnHubAsync("devices", "list")).Exits(0).Output, StringComparison.Ordinal);
        (await OnHubAsync("devices", "revoke", "cli/dev")).Exits(0);
        Assert.Contains("cli/nobody", (await OnHubAsync("devices", "revoke", "cli/nobody")).Exits(1).Errors, StringComparison.Ordinal);
        Assert.Contains("SITE/DEVICE", (await OnHubAsync("devices", "add", "nonsense")).Exits(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Assets_come_in_and_go_out()
    {
        using var folder = new TemporaryFolder();
        var csv = folder.Write("assets.csv", "id,kind,name,parent,label.role\ncli-a,street,A 街,,\ncli-b,building,B,cli-a,home\n");
        (await OnHubAsync("assets", "import", csv, "--dry-run")).Exits(0);
        (await hub.TryGetAsync("/api/v1/assets/cli-a")).Is(System.Net.HttpStatusCode.NotFound);
        Assert.Contains("2 rows: 2 new", (await OnHubAsync("assets", "import", csv)).Exits(0).Output, StringComparison.Ordinal);
        Assert.Contains((await OnHubAsync("assets", "export")).Exits(0).Lines, l => l.StartsWith("cli-a,street,A 街,", StringComparison.Ordinal));
        var yaml = folder.Write("assets.yaml", (await OnHubAsync("assets", "export", "--format", "yaml")).Exits(0).Output);
        Assert.Contains(" 0 new, ", (await OnHubAsync("assets", "import", yaml)).Exits(0).Output, StringComparison.Ordinal);
        var bad = folder.Write("bad.csv", "id,kind,parent\ncli-c,street,nobody\n");
        var errors = (await OnHubAsync("assets", "import", bad)).Exits(1).Errors;
        Assert.Contains("2:", errors, StringComparison.Ordinal);
        Assert.Contains("nobody", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_hub_a_command_fails_and_says_how_to_start_one() =>
        Assert.Contains("cityedge-hub serve", (await RunAsync(null, "devices", "list", "--hub", "http://127.0.0.1:9")).Exits(1).Errors, StringComparison.Ordinal);

    [Fact]
    public async Task Journal_and_dead_letters_of_a_stopped_hub_are_read_from_its_directory()
    {
        using var folder = new TemporaryFolder();
        await using (var stopped = await RunningHub.StartAsync(folder["data"]))
        {
            for (var i = 0; i < 3; i++) await stopped.TelemetryAsync("stopped/dev", $"not json {i}");
            await stopped.PublishAsync("stopped/dev", "status", """{"state":"asleep"}""");
        }
        var letters = (await RunAsync(null, "deadletter", "list", "--data", folder["data"], "--json")).Exits(0).Lines.Select(l => JsonSerializer.Deserialize<JsonElement>(l)).ToList();
        Assert.Equal(["not_senml", "not_senml", "not_senml", "not_status"], letters.Select(l => l.Text("reason")).Order());
        Shape.AssertHas(letters[0], "id", "at", "topic", "device", "reason", "message", "position", "payload_base64");
        Assert.Equal(3, (await RunAsync(null, "deadletter", "list", "--data", folder["data"], "--reason", "not_senml", "--json")).Exits(0).Lines.Count);

        var report = JsonSerializer.Deserialize<JsonElement>((await RunAsync(null, "journal", "verify", "--data", folder["data"], "--json")).Exits(0).Lines[0]);
        Assert.True(report.GetProperty("sound").GetBoolean());
        Assert.True(report.GetProperty("records").GetInt64() >= 4);
        (await RunAsync(null, "journal", "stats", "--data", folder["data"])).Exits(0);

        // One bit of an acknowledged record.
        var segment = Directory.GetFiles(Path.Combine(folder["data"], "journal")).OrderByDescending(f => new FileInfo(f).Length).First();
        var bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        var at = bytes.AsSpan().IndexOf("not json 1"u8);
        Assert.True(at > 0, $"The record is not in {segment}.");
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);
        Assert.Contains("damaged", (await RunAsync(null, "journal", "verify", "--data", folder["data"])).Exits(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Journal_and_dead_letters_of_a_running_hub_are_asked_of_it()
    {
        await hub.TelemetryAsync("running/dev", "not json");
        var letter = JsonSerializer.Deserialize<JsonElement>((await OnHubAsync("deadletter", "list", "--json")).Exits(0).Lines[0]);
        (await OnHubAsync("deadletter", "replay", letter.Text("id"))).Exits(0);
        (await OnHubAsync("journal", "stats")).Exits(0);
        (await OnHubAsync("journal", "verify", "--json")).Exits(0);
    }

    [Fact]
    public async Task Serve_says_when_it_is_ready_and_stops_with_0()
    {
        using var folder = new TemporaryFolder();
        await using var serve = await HubProcess.StartAsync(folder["data"]);
        Assert.StartsWith("ready http=http://127.0.0.1:", Assert.Single(serve.Child.Lines), StringComparison.Ordinal);
        Assert.Equal("ok", await serve.Http.GetStringAsync("/healthz", TestContext.Current.CancellationToken));
        await using (await WireClient.ConnectAsync(serve.Mqtt, "serve")) Assert.Equal(0, await serve.StopAsync());
    }
}
