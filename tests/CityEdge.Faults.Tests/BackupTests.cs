using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace CityEdge.Faults.Tests;

/// <summary>A backup of a running hub is consistent: restored after the loss of the disk, the hub goes on from it, and what the devices send again changes nothing twice.</summary>
public sealed class BackupTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly TemporaryFolder folder = new();

    private string Archive => folder["backup.tar.gz"];

    [Fact]
    public async Task A_hub_that_is_copied_in_full_flow_and_lost_goes_on_from_the_copy()
    {
        var file = NabFile.Read();
        // It is copied before the databases: the flow goes on for a while between the parts.
        await WriteRandomAsync(folder["hub/attachments/plan.pdf"], 24 << 20);
        await using var hub = new MortalHub(folder["hub"]);
        await hub.StartAsync();
        await hub.Now.PutRuleAsync(MachineRule.Yaml);
        await using (var agent = AgentProcess.Run(folder.Write("agent.yaml", MachineRule.AgentYaml(file, hub.Mqtt, folder["spool"])), "--once"))
        {
            await Wait.UntilAsync("the first alarm", async () => (await hub.Now.ListAsync("/api/v1/alarms")).Count > 0, Patience);
            await RunAsync(0, "backup", "--hub", hub.Now.Http.BaseAddress!.ToString(), "--out", Archive);
            Assert.True(await agent.WaitForExitAsync(Patience) == 0, agent.Errors);
        }
        await hub.KillAsync();
        await RunAsync(0, "restore", Archive, "--data", folder["again"]);
        await AssertNothingIsAheadOfTheJournalAsync(folder["again"]);
        await using var again = new MortalHub(folder["again"]);
        await again.StartAsync();
        await again.Now.DrainAsync(Patience);
        await again.StopAsync();
        await again.AssertJournalIsSoundAsync();
        await again.StartAsync();
        // The device's own spool is lost too: it sends everything once more.
        await using (var agent = AgentProcess.Run(folder.Write("agent.yaml", MachineRule.AgentYaml(file, again.Mqtt, folder["spool-2"])), "--once")) Assert.True(await agent.WaitForExitAsync(Patience) == 0, agent.Errors);
        await again.Now.DrainAsync(Patience);
        await MachineRule.AssertTicketsAsync(again.Now, file);
        var stored = await again.Now.ListAsync("/api/v1/readings?point=bj-chaoyang-01%2Fkiosk-0007%2Fboiler.temperature&from=2013-01-01T00:00:00Z&to=2015-01-01T00:00:00Z");
        Assert.Equal(file.Stored, stored.ToDictionary(r => r.GetProperty("time").GetDateTimeOffset().ToUnixTimeMilliseconds(), r => r.GetProperty("value").GetDouble()));
        await again.StopAsync();
    }

    [Fact]
    public async Task Everything_acknowledged_before_a_backup_is_in_it_and_its_own_cursor_goes_with_it()
    {
        await using var hub = await HubProcess.StartAsync(folder["hub"]);
        for (var round = 1; round <= 3; round++)
        {
            var lines = string.Concat(Enumerable.Range(0, 2000).Select(i => $"{{\"round\":{round},\"i\":{i}}}\n"));
            await using (var publish = new ChildProcess("mosquitto_pub", ["-p", hub.MqttPort, "-q", "1", "-t", "city/log", "-l"], input: lines)) Assert.True(await publish.WaitForExitAsync(Patience) == 0, publish.Errors);
            var archive = folder[$"{round}.tar.gz"];
            await RunAsync(0, "backup", "--hub", hub.Http.BaseAddress!.ToString(), "--out", archive);
            await RunAsync(0, "restore", archive, "--data", folder[$"data-{round}"]);
            var (code, text, _) = await RunAsync(0, "journal", "stats", "--data", folder[$"data-{round}"], "--json");
            using var stats = JsonDocument.Parse(text);
            Assert.True(stats.RootElement.GetProperty("records").GetInt64() >= 2000 * round, text);
            Assert.DoesNotContain(stats.RootElement.GetProperty("cursors").EnumerateArray(), c => c.GetProperty("name").GetString() == "backup");
        }
        Assert.Empty(Directory.GetFiles(folder["hub"], "backup.*", SearchOption.AllDirectories));
        Assert.False(Directory.Exists(folder["hub/backup.tmp"]));
    }

    [Fact]
    public async Task One_backup_at_a_time_and_one_that_is_broken_off_leaves_nothing()
    {
        var photo = await WriteRandomAsync(folder["hub/photos/a.jpg"], 48 << 20);
        await using var hub = await HubProcess.StartAsync(folder["hub"]);
        using (var slow = await hub.Http.GetAsync("/api/v1/backup", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken))
        {
            using var second = await hub.Http.GetAsync("/api/v1/backup", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        }
        await Wait.UntilAsync("the broken-off backup to be cleared away", async () =>
        {
            using var next = await hub.Http.GetAsync("/api/v1/backup", HttpCompletionOption.ResponseHeadersRead);
            return next.IsSuccessStatusCode;
        }, Patience);
        await Wait.UntilAsync("the backup's cursor to be removed", () => Task.FromResult(Directory.GetFiles(folder["hub/journal/cursors"], "backup.*").Length == 0), Patience);
        await hub.StopAsync();
        await RunAsync(0, "backup", "--data", folder["hub"], "--out", Archive);
        await RunAsync(0, "restore", Archive, "--data", folder["again"]);
        Assert.Equal(photo, await File.ReadAllBytesAsync(folder["again/photos/a.jpg"], TestContext.Current.CancellationToken));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Archive));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["again/secret.key"]));
    }

    [Fact]
    public async Task A_damaged_archive_and_a_full_directory_are_refused_with_nothing_changed()
    {
        await using (var hub = await HubProcess.StartAsync(folder["hub"])) Assert.Equal(0, await hub.StopAsync());
        await RunAsync(0, "backup", "--data", folder["hub"], "--out", Archive);
        var whole = await File.ReadAllBytesAsync(Archive, TestContext.Current.CancellationToken);
        var random = new Random(7);
        for (var round = 0; round < 12; round++)
        {
            var bad = round % 3 == 0 ? whole[..random.Next(1, whole.Length)] : [.. whole];
            if (round % 3 != 0) bad[random.Next(bad.Length - 16)] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(folder["bad.tar.gz"], bad, TestContext.Current.CancellationToken);
            var (_, _, errors) = await RunAsync(round % 3 == 0 ? 1 : null, "restore", folder["bad.tar.gz"], "--data", folder["target"]);
            if (errors.Length > 0) Assert.False(Directory.Exists(folder["target"]), errors);
            else Directory.Delete(folder["target"], recursive: true);
            Assert.False(Directory.Exists(folder["target.restoring"]));
        }
        await File.WriteAllBytesAsync(folder["no.tar.gz"], Encoding.UTF8.GetBytes("no archive at all"), TestContext.Current.CancellationToken);
        var (_, _, refused) = await RunAsync(1, "restore", folder["no.tar.gz"], "--check");
        Assert.Contains("no.tar.gz", refused);
        (_, _, refused) = await RunAsync(1, "restore", Archive, "--data", folder["hub"]);
        Assert.Contains("not empty", refused);
        await using var running = await HubProcess.StartAsync(folder["hub"]);
        (_, _, refused) = await RunAsync(1, "backup", "--data", folder["hub"], "--out", folder["other.tar.gz"]);
        Assert.Contains("has this data directory open", refused);
        Assert.False(File.Exists(folder["other.tar.gz"]) || File.Exists(folder["other.tar.gz.part"]));
    }

    private static async Task<byte[]> WriteRandomAsync(string path, int bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var content = new byte[bytes];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);
        return content;
    }

    private static async Task AssertNothingIsAheadOfTheJournalAsync(string data)
    {
        var (_, text, _) = await RunAsync(0, "journal", "stats", "--data", data, "--json");
        using var stats = JsonDocument.Parse(text);
        var end = stats.RootElement.GetProperty("end").GetInt64();
        await using var database = new SqliteConnection($"Data Source={Path.Combine(data, "hub.db")};Pooling=false");
        await database.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new SqliteCommand("select position from rule_cursor", database);
        Assert.InRange((long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!, 1, end);
        Assert.All(stats.RootElement.GetProperty("cursors").EnumerateArray(), c => Assert.InRange(c.GetProperty("position").GetInt64(), 0, end));
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(int? expected, params string[] arguments)
    {
        await using var program = new ChildProcess(HubProcess.Program, arguments);
        var code = await program.WaitForExitAsync(Patience);
        if (expected is { } must) Assert.True(code == must, $"{string.Join(' ', arguments)} ended with {code}: {program.Errors}");
        else Assert.InRange(code, 0, 1);
        return (code, string.Join('\n', program.Lines), program.Errors);
    }

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();
}
