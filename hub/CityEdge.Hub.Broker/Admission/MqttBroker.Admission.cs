using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>Who may open a connection at all: decided before a byte of it is read.</summary>
public sealed partial class MqttBroker
{
    private readonly ConnectionGate _gate;

    /// <summary>The fullest of what has a limit of its own each. Walks all sessions.</summary>
    public BrokerPeaks Peaks
    {
        get
        {
            var (subscriptions, queued) = (0, 0L);
            foreach (var session in _sessions.All())
            {
                lock (session.Gate)
                {
                    subscriptions = Math.Max(subscriptions, session.Subscriptions.Count);
                    queued = Math.Max(queued, session.QueuedBytes);
                }
            }
            return new BrokerPeaks(_gate.Most(), subscriptions, queued);
        }
    }

    /// <summary>
    /// Lets a connection in, to be given to <see cref="ServeAsync(IDuplexPipe, Admission, EndPoint?, X509Certificate2?, CancellationToken)"/> and disposed at its end; null: refused
    /// and counted (too many in all, too many of this address, too many of it a second, or the broker does not run), close it unread. For transports that have work before MQTT,
    /// such as a TLS handshake; the others need only serve.
    /// </summary>
    public Admission? TryAdmit(EndPoint? remote)
    {
        var open = _core.Counters.ConnectionOpened();
        var (reason, limit) = (ReasonCode.Success, default(BrokerLimit?));
        var address = remote is IPEndPoint { Address: var ip } ? AddressBlock.Of(ip) : default(AddressBlock?);
        if (Volatile.Read(ref _state) != 1) reason = ReasonCode.ServerUnavailable;
        else if (open > _core.Options.MaxConnections) (reason, limit) = (ReasonCode.ServerBusy, BrokerLimit.MaxConnections);
        else if (address is { } from && _gate.Enter(from) is { } no) (reason, limit) = (no == BrokerLimit.ConnectionRatePerAddress ? ReasonCode.ConnectionRateExceeded : ReasonCode.QuotaExceeded, no);
        if (reason == ReasonCode.Success)
        {
            return new Admission(() =>
            {
                if (address is { } back) _gate.Leave(back);
                _core.Counters.ConnectionEnded();
            });
        }
        _core.Counters.ConnectionEnded();
        _core.Counters.Closed(reason);
        if (limit is { } bit) _core.Counters.Bitten(bit);
        return null;
    }

    /// <summary>Serves one connection until it ends; never throws for what the peer does. Completes the transport's pipes.</summary>
    public async Task ServeAsync(IDuplexPipe transport, EndPoint? remote, X509Certificate2? clientCertificate, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(transport);
        using var admission = TryAdmit(remote);
        if (admission is null)
        {
            await transport.Input.CompleteAsync().ConfigureAwait(false);
            await transport.Output.CompleteAsync().ConfigureAwait(false);
            return;
        }
        await ServeAsync(transport, admission, remote, clientCertificate, ct).ConfigureAwait(false);
    }
}
