using System.Globalization;

namespace CityEdge.Hub.Tests;

/// <summary><c>rules score</c>: a file in, a file out, no hub.</summary>
public sealed class RuleScoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Every_row_keeps_its_cells_and_gets_a_score_that_later_rows_do_not_change()
    {
        var rows = Enumerable.Range(0, 600).Select(i => string.Create(CultureInfo.InvariantCulture, $"2026-01-{1 + i / 288:00} {i / 12 % 24:00}:{i % 12 * 5:00}:00,{(i == 500 ? 90 : 20 + i * 7919 % 101 / 101.0):F3},n{i}")).ToList();
        var all = await ScoresAsync(["timestamp,value,note", .. rows], 600);
        Assert.Equal("timestamp,value,note,anomaly_score", all[0]);
        for (var i = 0; i < rows.Count; i++) Assert.StartsWith(rows[i] + ",", all[i + 1], StringComparison.Ordinal);
        var scores = all.Skip(1).Select(line => double.Parse(line[(line.LastIndexOf(',') + 1)..], CultureInfo.InvariantCulture)).ToList();
        Assert.All(scores, s => Assert.InRange(s, 0, 1));
        Assert.True(scores[500] >= 0.5, $"{scores[500]}");
        Assert.All(scores.Where((_, i) => i != 500), s => Assert.True(s < 0.5, $"{s}"));
        Assert.Equal(all.Take(401), await ScoresAsync(["timestamp,value,note", .. rows.Take(400)], 400));
    }

    [Theory]
    [InlineData("timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01 00:05:00,warm\n", "in.csv:3: value 'warm' is not a number")]
    [InlineData("timestamp,value\nyesterday,1\n", "in.csv:2: timestamp 'yesterday' is not a time")]
    [InlineData("timestamp,value\n2026-01-01 00:00:00\n", "in.csv:2: expected 2 columns, found 1")]
    [InlineData("time,value\n", "in.csv:1: expected a header with timestamp and value")]
    [InlineData("", "in.csv:1: expected a header")]
    public async Task A_wrong_row_is_named_and_leaves_no_file(string text, string expected)
    {
        var (code, _, errors) = await RunAsync(folder.Write("in.csv", text), folder["out.csv"]);
        Assert.Equal(1, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["out.csv"]));
    }

    [Fact]
    public async Task A_missing_file_and_the_same_name_twice_are_wrong_usage()
    {
        Assert.Equal(2, (await RunAsync(folder["none.csv"], folder["out.csv"])).Code);
        var file = folder.Write("in.csv", "timestamp,value\n");
        Assert.Equal(2, (await RunAsync(file, file)).Code);
    }

    private async Task<string[]> ScoresAsync(IEnumerable<string> lines, int rows)
    {
        var (code, output, errors) = await RunAsync(folder.Write("in.csv", string.Join('\n', lines) + "\n"), folder["out.csv"]);
        Assert.True(code == 0, errors);
        Assert.Equal($"{rows} rows", output);
        return await File.ReadAllLinesAsync(folder["out.csv"], TestContext.Current.CancellationToken);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string from, string to)
    {
        await using var child = new ChildProcess(HubProcess.Program, ["rules", "score", "--csv", from, "--out", to]);
        var code = await child.WaitForExitAsync(TimeSpan.FromSeconds(60));
        return (code, string.Join('\n', child.Lines), child.Errors);
    }

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();
}
