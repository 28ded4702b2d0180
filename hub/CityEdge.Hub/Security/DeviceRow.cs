namespace CityEdge.Hub.Security;

/// <summary>A device of an import; without a token it gets a new one.</summary>
public sealed record DeviceRow(int Line, string Site, string Device, string? Token)
{
    public string Id => $"{Site}/{Device}";
}
