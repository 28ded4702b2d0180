using System.Net;

namespace CityEdge.Hub.Broker;

/// <summary>Counts failed authentications by address and minute, so that passwords cannot be tried at speed. Bounded: at its cap the oldest minute is forgotten.</summary>
internal sealed class AuthenticationThrottle(int maxPerMinute, TimeProvider clock)
{
    private const int MaxAddresses = 10_000;
    private readonly Dictionary<AddressBlock, int> _failures = [];
    private readonly Lock _gate = new();
    private long _minuteBegan = clock.GetTimestamp();

    public bool IsBlocked(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address }) return false;
        lock (_gate)
        {
            Turn();
            return _failures.TryGetValue(AddressBlock.Of(address), out var count) && count >= maxPerMinute;
        }
    }

    public void Failed(EndPoint? remote)
    {
        if (remote is not IPEndPoint { Address: var address }) return;
        lock (_gate)
        {
            Turn();
            if (_failures.Count >= MaxAddresses) _failures.Clear();
            var block = AddressBlock.Of(address);
            _failures[block] = _failures.GetValueOrDefault(block) + 1;
        }
    }

    private void Turn()
    {
        if (clock.GetElapsedTime(_minuteBegan) < TimeSpan.FromMinutes(1)) return;
        _failures.Clear();
        _minuteBegan = clock.GetTimestamp();
    }
}
