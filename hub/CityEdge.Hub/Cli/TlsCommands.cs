using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Contracts;
using CityEdge.Hub.Security;

namespace CityEdge.Hub.Cli;

/// <summary><c>tls init|revoke</c>: an authority of one's own in a directory; needs no running hub.</summary>
public static class TlsCommands
{
    public static Command Build()
    {
        var tls = new Command("tls", "Certificates from an authority of your own");
        tls.Subcommands.Add(Init());
        tls.Subcommands.Add(Revoke());
        return tls;
    }

    private static Option<string> Dir() => new("--dir") { HelpName = "DIR", Description = "Directory of the authority and of what it makes", Required = true };

    private static Command Init()
    {
        var dir = Dir();
        var names = new Option<string[]>("--name") { HelpName = "HOST", Description = "Name or address under which devices and people reach the hub; may be given often", DefaultValueFactory = _ => [] };
        var agents = new Option<string[]>("--agent") { HelpName = "SITE/DEVICE", Description = "Makes this device's certificate too; may be given often", DefaultValueFactory = _ => [] };
        var command = new Command("init", "Makes the authority and the server's certificate where they are missing, and agents' certificates; writes nothing over") { Options = { dir, names, agents } };
        command.SetAction(parsed =>
        {
            Run(Path.GetFullPath(parsed.GetValue(dir)!), parsed.GetValue(names)!, parsed.GetValue(agents)!);
            return 0;
        });
        return command;
    }

    private static void Run(string directory, string[] names, string[] agents)
    {
        foreach (var name in names)
        {
            if (Uri.CheckHostName(name) == UriHostNameType.Unknown) throw new UsageException($"--name is '{name}'; expected a host name or an IP address.");
        }
        foreach (var agent in agents)
        {
            if (!IsDevice(agent)) throw new UsageException($"--agent is '{agent}'; expected SITE/DEVICE, each 1 to 64 of A-Z a-z 0-9 _ -.");
            if (File.Exists(CertificateMaker.FilesOf(directory, agent).Certificate)) throw new CommandFailedException($"{CertificateMaker.FilesOf(directory, agent).Certificate} is there already and is not written over; move it away first.");
        }
        var server = CertificateMaker.FilesOf(directory);
        var haveAuthority = File.Exists(CertificateMaker.AuthorityFile(directory));
        var haveServer = File.Exists(server.Certificate);
        if (haveServer && names.Length > 0) throw new CommandFailedException($"{server.Certificate} is there already and is not written over; move it away first to make one for other names.");
        if (haveAuthority && haveServer && agents.Length == 0) throw new CommandFailedException($"{directory} has an authority and a server certificate already; nothing is written over. Name agents with --agent SITE/DEVICE.");
        using var maker = haveAuthority ? CertificateMaker.Open(directory, TimeProvider.System) : CertificateMaker.Create(directory, TimeProvider.System);
        if (!haveServer) maker.MakeServer(names);
        foreach (var agent in agents) maker.MakeAgent(agent);

        var (authority, list) = (CertificateMaker.AuthorityFile(directory), CertificateMaker.RevocationFile(directory));
        Console.Out.WriteLine($"Hub:   cityedge-hub serve --mqtts HOST:8883 --https HOST:8443 --cert {server.Certificate} --key {server.Key} --client-ca {authority} --client-crl {list}");
        Console.Out.WriteLine($"Every device and browser: copy {authority} and trust it (agent: ca_file; mosquitto_pub: --cafile)");
        foreach (var agent in agents)
        {
            var files = CertificateMaker.FilesOf(directory, agent);
            Console.Out.WriteLine($"Agent {agent}: copy {files.Certificate} and {files.Key} there (agent: cert_file, key_file; mosquitto_pub: --cert, --key), and no other key");
        }
        Console.Out.WriteLine($"Keep {Path.Combine(directory, "ca.key")} to yourself, best off the hub: who has it can be any device.");
    }

    private static Command Revoke()
    {
        var dir = Dir();
        var which = new Argument<string>("SITE/DEVICE|FILE") { Description = "A device whose certificate is in the directory, or a certificate file" };
        var command = new Command("revoke", "Puts a certificate on the authority's revocation list; a hub that uses the list drops the device within a second") { Options = { dir }, Arguments = { which } };
        command.SetAction(parsed =>
        {
            var (directory, what) = (Path.GetFullPath(parsed.GetValue(dir)!), parsed.GetValue(which)!);
            var file = !File.Exists(what) && IsDevice(what) ? CertificateMaker.FilesOf(directory, what).Certificate : what;
            if (!File.Exists(file)) throw new UsageException($"{file}: there is no such file.");
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(file);
            using var maker = CertificateMaker.Open(directory, TimeProvider.System);
            Console.Out.WriteLine(maker.Revoke(certificate) ? $"{certificate.Subject} is revoked in {CertificateMaker.RevocationFile(directory)}" : $"{certificate.Subject} was revoked before");
            return 0;
        });
        return command;
    }

    private static bool IsDevice(string text) => text.Split('/') is [var site, var device] && PointId.IsSiteOrDevice(site) && PointId.IsSiteOrDevice(device);
}
