using System.Text.Json;

namespace CityEdge.Edge;

/// <summary>Carries out one command. What it throws is answered as <c>failed</c>.</summary>
/// <param name="args">The command's <c>args</c>; an empty object when absent.</param>
/// <param name="cancellation">The agent is stopping.</param>
public delegate ValueTask<CommandReply> CommandHandler(JsonElement args, CancellationToken cancellation);
