using CityEdge.Adapters;

namespace CityEdge.Edge;

/// <summary>A configuration file that could be used, or what is wrong with it: one of the two.</summary>
/// <param name="Config">The agent's part; null when there were mistakes.</param>
/// <param name="Adapters">Its adapters, in the order of the file.</param>
/// <param name="Errors">Mistakes with file, line and column; empty when there were none.</param>
public sealed record LoadedAgent(AgentConfig? Config, IReadOnlyList<IAdapter> Adapters, IReadOnlyList<ConfigError> Errors);
