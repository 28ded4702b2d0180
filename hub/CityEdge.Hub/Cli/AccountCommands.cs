using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace CityEdge.Hub.Cli;

/// <summary><c>devices add|list|revoke|import|claim-code</c> and <c>users add|list|passwd|token</c>, on a running hub.</summary>
public static class AccountCommands
{
    public static Command Devices()
    {
        var devices = new Command("devices", "Devices that may connect");
        var id = new Argument<string>("SITE/DEVICE");
        devices.Subcommands.Add(Make("add", "Adds the device, or gives it a new token; prints the token alone on one line", [id], async (hub, parsed, _, ct) =>
            Console.Out.WriteLine((await hub.SendAsync(HttpMethod.Post, "/api/v1/devices", new { id = parsed.GetValue(id) }, ct)).GetProperty("token").GetString())));
        devices.Subcommands.Add(Make("list", "Lists devices", [], async (hub, _, json, ct) =>
            await PrintAsync(hub.ListAsync("/api/v1/devices", ct), json, "id", "state", "last_seen", "points")));
        devices.Subcommands.Add(Make("revoke", "Revokes the device's token and drops its connection", [id], async (hub, parsed, _, ct) =>
            await hub.SendAsync(HttpMethod.Delete, $"/api/v1/devices/{Uri.EscapeDataString(parsed.GetValue(id)!)}/token", null, ct)));
        var file = new Argument<string>("FILE");
        devices.Subcommands.Add(Make("import", "CSV site,device[,token]: adds devices, all or none; prints site,device,token as CSV", [file], async (hub, parsed, json, ct) =>
        {
            var path = parsed.GetValue(file)!;
            if (!File.Exists(path)) throw new UsageException($"{path}: there is no such file.");
            var answer = await hub.SendTextAsync(HttpMethod.Post, "/api/v1/devices/import", await File.ReadAllTextAsync(path, ct), "text/csv", ct);
            if (!json) Console.Out.WriteLine("site,device,token");
            foreach (var item in answer.GetProperty("items").EnumerateArray())
            {
                if (json) Output.Json(item);
                else Console.Out.WriteLine($"{item.GetProperty("site")},{item.GetProperty("device")},{item.GetProperty("token")}");
            }
        }));
        devices.Subcommands.Add(Make("claim-code", "A one-time code for the device, good for 24 hours; it gets its token with POST /api/v1/claim {id, code}", [id], async (hub, parsed, json, ct) =>
        {
            var answer = await hub.SendAsync(HttpMethod.Post, "/api/v1/devices/claim-codes", new { id = parsed.GetValue(id) }, ct);
            if (json) Output.Json(answer);
            else Console.Out.WriteLine(answer.GetProperty("code").GetString());
        }));
        return devices;
    }

    public static Command Users()
    {
        var users = new Command("users", "Users of console and API");
        var name = new Argument<string>("NAME");
        var role = new Option<string>("--role") { HelpName = "ROLE", Description = "viewer, crew, manager or admin", DefaultValueFactory = _ => "viewer" };
        users.Subcommands.Add(Make("add", "Adds a user; a password is read from standard input when it is not a terminal", [name], async (hub, parsed, _, ct) =>
            await hub.SendAsync(HttpMethod.Post, "/api/v1/users", new { name = parsed.GetValue(name), role = parsed.GetValue(role), password = await ReadPasswordAsync(optional: true) }, ct), role));
        users.Subcommands.Add(Make("list", "Lists users", [], async (hub, _, json, ct) => await PrintAsync(hub.ListAsync("/api/v1/users", ct), json, "name", "role", "created_at", "tokens")));
        users.Subcommands.Add(Make("passwd", "Sets a password, read from standard input or typed without echo", [name], async (hub, parsed, _, ct) =>
            await hub.SendAsync(HttpMethod.Put, $"/api/v1/users/{Uri.EscapeDataString(parsed.GetValue(name)!)}/password", new { password = await ReadPasswordAsync(optional: false) }, ct)));
        users.Subcommands.Add(Make("token", "Makes a token for the user; prints it alone on one line", [name], async (hub, parsed, _, ct) =>
            Console.Out.WriteLine((await hub.SendAsync(HttpMethod.Post, $"/api/v1/users/{Uri.EscapeDataString(parsed.GetValue(name)!)}/tokens", null, ct)).GetProperty("token").GetString())));
        return users;
    }

    /// <summary>A command that talks to a running hub.</summary>
    public static Command Make(string name, string description, IReadOnlyList<Argument> arguments, Func<HubClient, ParseResult, bool, CancellationToken, Task> run, params Option[] options)
    {
        var command = new Command(name, description);
        foreach (var argument in arguments) command.Arguments.Add(argument);
        foreach (var option in options) command.Options.Add(option);
        var client = new HubClientOptions();
        client.AddTo(command);
        command.SetAction(async (parsed, ct) =>
        {
            using var hub = client.Connect(parsed);
            await run(hub, parsed, client.Json(parsed), ct);
            return 0;
        });
        return command;
    }

    public static async Task PrintAsync(IAsyncEnumerable<JsonElement> items, bool json, params string[] columns)
    {
        var all = new List<JsonElement>();
        await foreach (var item in items)
        {
            if (json) Output.Json(item);
            else all.Add(item);
        }
        if (!json) Output.Table(all, columns);
    }

    private static async Task<string?> ReadPasswordAsync(bool optional)
    {
        if (Console.IsInputRedirected)
        {
            var line = await Console.In.ReadLineAsync();
            return string.IsNullOrEmpty(line) ? optional ? null : throw new UsageException("Standard input is empty; write the password there, or run the command in a terminal.") : line;
        }
        if (optional) await Console.Error.WriteAsync("Password (empty: tokens only): ");
        else await Console.Error.WriteAsync("Password: ");
        var password = new StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace && password.Length > 0) password.Length--;
            else if (!char.IsControl(key.KeyChar)) password.Append(key.KeyChar);
        }
        await Console.Error.WriteLineAsync();
        return password.Length == 0 && optional ? null : password.ToString();
    }
}
