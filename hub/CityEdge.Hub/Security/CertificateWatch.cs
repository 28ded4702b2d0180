using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Hub.Broker;

namespace CityEdge.Hub.Security;

/// <summary>Looks at the certificate files, and after a change puts out the devices whose certificates are no longer trusted: within a second of a new revocation list.</summary>
public sealed class CertificateWatch(TlsFiles? files)
{
    private readonly ConcurrentDictionary<(string Device, string Thumbprint), X509Certificate2> shown = new();

    /// <summary>The device has connected with this certificate. One copy of each is kept, which only the client authority's own certificates get.</summary>
    public void Shown(string device, X509Certificate2 certificate)
    {
        var key = (device, certificate.Thumbprint);
        if (!shown.ContainsKey(key)) shown.TryAdd(key, X509CertificateLoader.LoadCertificate(certificate.RawData));
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(MqttBroker broker, CancellationToken ct)
    {
        if (files is null) return;
        using var timer = new PeriodicTimer(TlsFiles.Every);
        while (await timer.WaitForNextTickAsync(ct))
        {
            if (!files.Refresh()) continue;
            foreach (var (key, certificate) in shown)
            {
                if (files.Trusts(certificate)) continue;
                shown.TryRemove(key, out _);
                await broker.DisconnectAsync(key.Device);
            }
        }
    }
}
