using System.Net;
using CityEdge.Hub.Broker;

namespace CityEdge.Hub.Security;

/// <summary>Counts claims by address and minute, and all of them. Bounded: at its cap of addresses new ones wait for the next minute.</summary>
public sealed class ClaimThrottle(TimeProvider time)
{
    public const int PerAddress = 10;
    public const int PerMinute = 300;
    private readonly Dictionary<AddressBlock, int> tries = [];
    private readonly Lock gate = new();
    private long began = time.GetTimestamp();
    private int all;

    /// <summary>False when this address, or the whole world, has to wait for the next minute.</summary>
    public bool TryEnter(IPAddress? address)
    {
        lock (gate)
        {
            if (time.GetElapsedTime(began) >= TimeSpan.FromMinutes(1))
            {
                tries.Clear();
                all = 0;
                began = time.GetTimestamp();
            }
            var from = AddressBlock.Of(address ?? IPAddress.None);
            var count = tries.GetValueOrDefault(from);
            if (all >= PerMinute || count >= PerAddress) return false;
            tries[from] = count + 1;
            all++;
            return true;
        }
    }
}
