namespace CityEdge.Hub.Tests;

/// <summary><c>catalogue</c>, <c>sla</c>, <c>mode</c> on the command line.</summary>
public sealed class DeskCommandTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        await using var child = new ChildProcess(HubProcess.Program, [.. arguments, "--hub", fixture.Hub.Host.Http.ToString()], null, "");
        var code = await child.WaitForExitAsync(TimeSpan.FromSeconds(60));
        return (code, string.Join('\n', child.Lines), child.Errors);
    }

    [Fact]
    public async Task What_is_exported_is_imported_again_and_a_wrong_file_is_named_with_line_and_column()
    {
        using var folder = new TemporaryFolder();
        var file = folder["catalogue.yaml"];
        await File.WriteAllTextAsync(file, "- { category: 'heating.*', lead: heat, co_units: [street] }\n", TestContext.Current.CancellationToken);
        var imported = await RunAsync("catalogue", "import", file, "--reason", "new contract");
        Assert.True(imported.Code == 0, imported.Errors);
        Assert.StartsWith("1 rows, version ", imported.Output, StringComparison.Ordinal);
        Assert.Contains("heating.*,*,*,heat,street,,,,", (await RunAsync("catalogue", "export")).Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "- { category: x, lead: y, sla: P9 }\n", TestContext.Current.CancellationToken);
        var wrong = await RunAsync("catalogue", "import", file);
        Assert.Equal(1, wrong.Code);
        Assert.Contains("P9", wrong.Errors, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync("catalogue", "import", folder["none.csv"])).Code);
    }

    [Fact]
    public async Task Promises_are_shown_and_applied_and_the_mode_is_set_with_its_order()
    {
        using var folder = new TemporaryFolder();
        var shown = await RunAsync("sla", "show");
        Assert.Contains("\"source\": \"EJ\"", shown.Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder["sla.json"], shown.Output, TestContext.Current.CancellationToken);
        var applied = await RunAsync("sla", "apply", folder["sla.json"]);
        Assert.True(applied.Code == 0, applied.Errors);
        Assert.Equal("normal", (await RunAsync("mode", "show")).Output);
        Assert.Equal(2, (await RunAsync("mode", "set", "emergency")).Code);
        Assert.Equal("emergency; 0 open tickets changed", (await RunAsync("mode", "set", "emergency", "--reason", "order 7")).Output);
        Assert.Equal("emergency", (await RunAsync("mode", "show")).Output);
    }
}
