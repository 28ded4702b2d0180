using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CityEdge.Tests.Servers;

/// <summary>
/// A real mosquitto on a free port of the loopback interface, in a temporary folder, with persistence if asked for. A missing program fails the test: interoperability is a promise.
/// </summary>
public sealed class MosquittoServer : IAsyncDisposable
{
    private const int Sigterm = 15;
    private static readonly string[] Places = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"];

    private readonly string folder = Directory.CreateTempSubdirectory("mosquitto-").FullName;
    private readonly string configuration;
    private readonly StringBuilder log = new();
    private Process? process;

    private MosquittoServer(string settings, bool tls, bool persistent)
    {
        Port = FreePort.Next();
        if (tls) WriteCertificates();
        configuration = Path.Combine(folder, "mosquitto.conf");
        // Without it a mosquitto started by root gives up its rights and then cannot read the folder.
        var secure = tls ? $"cafile {CaFile}\ncertfile {folder}/server.pem\nkeyfile {folder}/server.key\n" : "";
        File.WriteAllText(configuration, $"user root\npersistence {(persistent ? $"true\npersistence_location {folder}/" : "false")}\nlog_dest stderr\nlistener {Port} 127.0.0.1\n{secure}{settings.Replace("FOLDER", folder, StringComparison.Ordinal)}\n");
    }

    public int Port { get; }

    public string Url => $"mqtt://127.0.0.1:{Port}";

    /// <summary>The certificate names <c>localhost</c> only.</summary>
    public string TlsUrl => $"mqtts://localhost:{Port}";

    public string CaFile => Path.Combine(folder, "ca.pem");

    /// <summary>A certificate of <see cref="CaFile"/> for a client, and its key.</summary>
    public string ClientCertificateFile => Path.Combine(folder, "client.pem");

    /// <inheritdoc cref="ClientCertificateFile" />
    public string ClientKeyFile => Path.Combine(folder, "client.key");

    /// <summary>CPU time that it has used, of user and system together.</summary>
    public TimeSpan Cpu
    {
        get
        {
            process!.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Starts one; <paramref name="settings"/> are lines of mosquitto.conf in which FOLDER stands for its folder.</summary>
    public static async Task<MosquittoServer> StartAsync(string settings = "allow_anonymous true", bool tls = false, IReadOnlyDictionary<string, string>? users = null, bool persistent = false)
    {
        var server = new MosquittoServer(settings, tls, persistent);
        foreach (var (user, password) in users ?? new Dictionary<string, string>())
        {
            var salt = RandomNumberGenerator.GetBytes(12);
            var hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, 101, HashAlgorithmName.SHA512, 64);
            await File.AppendAllTextAsync(Path.Combine(server.folder, "passwords"), $"{user}:$7$101${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}\n");
        }
        await server.RunAsync();
        return server;
    }

    /// <summary>Starts the program (again), on the same port.</summary>
    public async Task RunAsync()
    {
        var program = Places.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException($"mosquitto is not installed ({string.Join(", ", Places)}): install the package 'mosquitto', these tests need a real broker");
        process = Process.Start(new ProcessStartInfo(program, ["-c", configuration]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (log) log.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
        for (var left = 200; ; left--)
        {
            using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException) when (left > 0 && !process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
            catch (SocketException)
            {
                throw new InvalidOperationException($"mosquitto did not open port {Port}: {Log}");
            }
        }
    }

    public string Log
    {
        get { lock (log) return log.ToString(); }
    }

    /// <summary>Ends it in order: a persistent one writes its state first.</summary>
    public async Task StopAsync()
    {
        if (process is null) return;
        _ = Signal(process.Id, Sigterm);
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>Ends it without a farewell.</summary>
    public async Task KillAsync()
    {
        if (process is null) return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    private void WriteCertificates()
    {
        var from = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).AddDays(-1);
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=test authority", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var ca = caRequest.CreateSelfSigned(from, from.AddDays(10));
        File.WriteAllText(CaFile, ca.ExportCertificatePem());
        Issue("server", "localhost", 1);
        Issue("client", "client", 2);

        void Issue(string file, string name, byte serial)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.Create(ca, from, from.AddDays(9), [1, 2, 3, serial]);
            File.WriteAllText(Path.Combine(folder, $"{file}.pem"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(folder, $"{file}.key"), key.ExportPkcs8PrivateKeyPem());
        }
    }

    [System.Runtime.InteropServices.DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int pid, int signal);
}
