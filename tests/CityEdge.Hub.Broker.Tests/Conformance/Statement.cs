using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>One normative statement of appendix B of MQTT 3.1.1 or 5.0, in other words. The cases that show it on the server name it themselves.</summary>
/// <param name="Id">Without "MQTT-".</param>
/// <param name="Binds"><c>server</c>, <c>client</c> or <c>both</c>.</param>
/// <param name="Text">A paraphrase.</param>
/// <param name="Server">Tests of this project, or of another (<c>Project/Class.Method</c>), that show it besides the cases.</param>
/// <param name="NoServer">Why no case can.</param>
/// <param name="Client">Tests of CityEdge.Mqtt.Tests that show it.</param>
/// <param name="NoClient">Why none can.</param>
/// <param name="Broken">Not obeyed, and why.</param>
/// <param name="Partly">Obeyed but for this.</param>
public sealed record Statement(string Id, string Binds, string Text, string[]? Server, string? NoServer, string[]? Client, string? NoClient, string? Broken, string? Partly)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    [JsonIgnore]
    public bool BindsServer => Binds is "server" or "both";

    [JsonIgnore]
    public bool BindsClient => Binds is "client" or "both";

    /// <summary>Those of <c>3.1.1</c> or <c>5.0</c>, in the order of the standard.</summary>
    public static Statement[] Load(string version)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var name = assembly.GetManifestResourceNames().Single(n => n.EndsWith($"statements-{version}.json", StringComparison.Ordinal));
        using var stream = assembly.GetManifestResourceStream(name)!;
        return JsonSerializer.Deserialize<Statement[]>(stream, Json)!;
    }
}
