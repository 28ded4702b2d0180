using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>Limits of one connection: what ends it, and the message rate of its device, above which it is read no faster.</summary>
internal sealed partial class ClientConnection
{
    private MessageRates.Bucket? _rate;

    /// <summary>The connection is read later because of its device's rate; its silence is not its fault.</summary>
    private volatile bool _heldBack;

    /// <summary>Ends the connection because of a limit.</summary>
    private Outcome Bitten(BrokerLimit limit, ReasonCode reason, string message)
    {
        _core.Counters.Bitten(limit);
        return Closed(reason, message);
    }

    private async ValueTask HoldBackAsync()
    {
        if (_rate is not { } rate) return;
        while (_closing == 0 && rate.Owed() is { Ticks: > 0 } wait)
        {
            if (!_heldBack)
            {
                _heldBack = true;
                _core.Counters.Bitten(BrokerLimit.MessageRate);
            }
            await Task.Delay(wait, _core.Protocol, _stop).ConfigureAwait(false);
        }
        if (!_heldBack) return;
        Volatile.Write(ref _lastRead, _core.Protocol.GetTimestamp());
        _heldBack = false;
    }
}
