namespace CityEdge.Adapters;

/// <summary>What a factory gets beside the adapter's own configuration.</summary>
/// <param name="Site">Site of the agent.</param>
/// <param name="Device">Device name of the agent.</param>
/// <param name="ConfigFile">Configuration file, as errors name it.</param>
/// <param name="BaseDirectory">Folder against which relative paths in the configuration resolve.</param>
/// <param name="Time">The agent's clock.</param>
/// <param name="Progress">Where progress is kept.</param>
/// <param name="OnFault">Called with (adapter id, message) at each fault, for the log; null for none.</param>
public sealed record AdapterContext(
    string Site,
    string Device,
    string ConfigFile,
    string BaseDirectory,
    TimeProvider Time,
    IAdapterProgress Progress,
    Action<string, string>? OnFault = null);
