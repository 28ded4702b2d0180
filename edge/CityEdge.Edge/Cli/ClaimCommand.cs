using System.CommandLine;
using CityEdge.Adapters;

namespace CityEdge.Edge.Cli;

/// <summary><c>claim</c>: fetches the device's token for its one-time code. With a configuration, device, token file and authority are those it names.</summary>
internal static class ClaimCommand
{
    public static Command Build(TextWriter output, Func<string, Task<int>> usage, Func<LoadedAgent, Task<int>> mistakes)
    {
        var hub = Flag.Text("--hub", "Address of the hub's API, https://HOST:PORT; goes before hub.claim_url of the file.");
        var code = Flag.Text("--code", "The code that `cityedge-hub devices claim-code SITE/DEVICE` printed; goes before hub.claim_code_file of the file.");
        var config = Flag.Text("--config", "The agent's configuration (YAML), whose hub.password_file gets the token.");
        var device = Flag.Text("--device", "SITE/DEVICE, without a configuration.");
        var tokenFile = Flag.Text("--token-file", "File that gets the token, without a configuration.");
        var caFile = Flag.Text("--ca-file", "Authority of the hub's certificate (PEM); goes before hub.ca_file of the file.");
        var command = new Command("claim", "Fetch this device's token from the hub for a one-time code, and keep it in its file.") { hub, code, config, device, tokenFile, caFile };
        command.SetAction(async (parsed, cancellation) =>
        {
            HubLinkConfig? link = null;
            var identity = parsed.GetValue(device);
            if (parsed.GetValue(config) is { } path)
            {
                var loaded = AgentConfigFile.Load(path, AdapterRegistry.CreateDefault(), TimeProvider.System, new ConfigOverrides(Claiming: true));
                if (loaded.Config is not { } agent) return await mistakes(loaded).ConfigureAwait(false);
                (link, identity) = (agent.Hub, identity ?? agent.Identity);
            }
            if (identity is null) return await usage("give the device: --device SITE/DEVICE, or --config FILE").ConfigureAwait(false);
            if (identity.Split('/') is not [var site, var name] || !Contracts.PointId.IsSiteOrDevice(site) || !Contracts.Topics.IsDeviceName(name))
                return await usage($"--device '{identity}' is not SITE/DEVICE, each 1 to 64 of letters, digits, _ and -").ConfigureAwait(false);
            if ((parsed.GetValue(tokenFile) ?? link?.PasswordFile) is not { } token) return await usage("give the file for the token: --token-file FILE, or hub.password_file in the configuration").ConfigureAwait(false);
            if ((parsed.GetValue(hub) ?? link?.ClaimUrl?.ToString()) is not { } address) return await usage("give the hub's API: --hub https://HOST:PORT, or hub.claim_url in the configuration").ConfigureAwait(false);
            if (!ClaimRequest.TryParseHub(address, out var url, out var error)) return await usage("--hub " + error).ConfigureAwait(false);
            if ((parsed.GetValue(code) ?? link?.ReadClaimCode()) is not { } secret) return await usage("give the code: --code CODE, or hub.claim_code_file in the configuration").ConfigureAwait(false);
            await TokenClaim.ClaimAsync(new ClaimRequest(url, identity, secret, parsed.GetValue(caFile) ?? link?.CaFile, token), cancellation).ConfigureAwait(false);
            link?.ForgetClaimCode();
            await output.WriteLineAsync($"{identity}: token in {token}").ConfigureAwait(false);
            return 0;
        });
        return command;
    }
}
