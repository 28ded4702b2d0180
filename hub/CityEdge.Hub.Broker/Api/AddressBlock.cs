using System.Net;
using System.Net.Sockets;

namespace CityEdge.Hub.Broker;

/// <summary>Where a peer comes from, as limits count it: one IPv4 address, or the 64 leading bits of an IPv6 address, all of which a household or a provider's customer has.</summary>
public readonly record struct AddressBlock
{
    private readonly UInt128 value;
    private readonly bool v6;

    private AddressBlock(UInt128 value, bool v6, bool loopback) => (this.value, this.v6, IsLoopback) = (value, v6, loopback);

    /// <summary>The hub's own machine.</summary>
    public bool IsLoopback { get; }

    /// <summary>The block of an address; IPv4 written as IPv6 counts as IPv4.</summary>
    public static AddressBlock Of(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(bytes, out _);
        var v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        var loopback = IPAddress.IsLoopback(address);
        if (v6 && !loopback) bytes[8..].Clear();
        return new AddressBlock(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes), v6, loopback);
    }

    /// <summary><c>192.0.2.1</c> or <c>2001:db8:1:2::/64</c>.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return v6 ? new IPAddress(bytes) + (IsLoopback ? "" : "/64") : new IPAddress(bytes[..4]).ToString();
    }
}
