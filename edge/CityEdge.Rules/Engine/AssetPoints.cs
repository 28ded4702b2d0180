using System.Security.Cryptography;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// The point under which the alarms of a rule over an asset's points are told: <c>SITE/_asset/ID</c>, or <c>SITE/_device/DEVICE</c> for the points of a device that belong to no asset. It has no readings
/// of its own.
/// </summary>
public static class AssetPoints
{
    private const string AssetDevice = "_asset";
    private const string DeviceDevice = "_device";

    /// <summary>The point that stands for an asset, seen from a site. An id that is no point name (it begins with a sign) goes by the first half of its SHA-256.</summary>
    public static PointId OfAsset(string site, string asset) =>
        new(site, AssetDevice, PointId.IsName(asset) ? asset : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(asset)).AsSpan(0, 16)));

    /// <summary>The point that stands for the points of a device without an asset.</summary>
    public static PointId OfDevice(PointId point) => new(point.Site, DeviceDevice, PointId.IsName(point.Device) ? point.Device : "0" + point.Device);

    /// <summary>True for a point that stands for an asset or a device.</summary>
    public static bool Stands(PointId point) => point.Device is AssetDevice or DeviceDevice;
}
