using System.CommandLine;

namespace CityEdge.Hub.Cli;

/// <summary>How the other hub commands reach a running hub: <c>--hub URL</c>, <c>--token</c> (design §5).</summary>
public sealed class HubClientOptions
{
    private readonly Option<string> hub = new("--hub") { HelpName = "URL", Description = "The running hub (CITYEDGE_HUB)", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CITYEDGE_HUB") ?? "http://127.0.0.1:8080" };
    private readonly Option<string?> token = new("--token") { HelpName = "TOKEN", Description = "Token of a user; not needed under --auth none (CITYEDGE_TOKEN)", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CITYEDGE_TOKEN") };
    private readonly Option<bool> json = new("--json") { Description = "One JSON object a line" };

    public void AddTo(Command command)
    {
        command.Options.Add(hub);
        command.Options.Add(token);
        command.Options.Add(json);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(json);

    public HubClient Connect(ParseResult parsed) => Uri.TryCreate(parsed.GetValue(hub), UriKind.Absolute, out var url) ? new HubClient(url, parsed.GetValue(token)) : throw new UsageException($"--hub is '{parsed.GetValue(hub)}'; expected a URL such as http://127.0.0.1:8080.");
}
