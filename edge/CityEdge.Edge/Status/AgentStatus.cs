using System.Text.Json;
using System.Text.Json.Nodes;
using CityEdge.Contracts;

namespace CityEdge.Edge;

/// <summary>The result of the command <c>status</c>.</summary>
internal static class AgentStatus
{
    public static JsonObject Of(AgentSnapshot now) => new()
    {
        ["agent"] = AgentVersion.Name,
        ["link"] = JsonNamingPolicy.KebabCaseLower.ConvertName(now.Link.ToString()),
        ["readings"] = now.Readings,
        ["events"] = now.Events,
        ["waiting"] = now.Spool.Records,
        ["oldest"] = now.Spool.Oldest,
        ["dropped"] = now.Spool.Dropped,
        ["config"] = JsonNode.Parse(DeviceConfigJson.Encode(now.Rules.Report)),
        ["left_out"] = new JsonArray([.. now.Rules.LeftOut.Select(id => (JsonNode)id)]),
        ["rule_faults"] = now.Rules.Faults,
        ["alarms"] = new JsonArray([.. now.Rules.Alarms.Select(a => (JsonNode)a.ToJson(null))]),
    };
}
