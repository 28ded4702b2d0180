using System.Reflection;
using System.Text.Json;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>One case of the suite, as its JSON file has it. See the folder's README for the language of the steps.</summary>
/// <param name="Name">What must hold, in a few words; unique.</param>
/// <param name="V311">Statement ids of MQTT 3.1.1 without "MQTT-"; the case runs in 3.1.1 where there are any.</param>
/// <param name="V5">Statement ids of MQTT 5.0.</param>
/// <param name="Mosquitto"><c>known-fail: reason</c> (or of one version: <c>known-fail(5.0): reason</c>), or <c>n/a: reason</c>; null where mosquitto must pass.</param>
/// <param name="Steps">What is sent and what must come.</param>
public sealed record ConformanceCase(string Name, string[]? V311, string[]? V5, string? Mosquitto, string[] Steps)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNameCaseInsensitive = true, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    private static readonly Lazy<IReadOnlyList<ConformanceCase>> Everything = new(Load);

    /// <summary>All cases of all files.</summary>
    public static IReadOnlyList<ConformanceCase> All => Everything.Value;

    /// <summary>Case names with the versions they run in.</summary>
    public static IEnumerable<(string Name, MqttVersion Version)> Runs()
    {
        foreach (var one in All)
        {
            if (one.V311 is { Length: > 0 }) yield return (one.Name, MqttVersion.V311);
            if (one.V5 is { Length: > 0 }) yield return (one.Name, MqttVersion.V500);
        }
    }

    /// <summary>Whether mosquitto is known to fail the case in that version.</summary>
    public bool KnownToFailIn(MqttVersion version) =>
        Mosquitto is { } word && (word.StartsWith("known-fail:", StringComparison.Ordinal) || word.StartsWith(version == MqttVersion.V500 ? "known-fail(5.0)" : "known-fail(3.1.1)", StringComparison.Ordinal));

    private static List<ConformanceCase> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var all = new List<ConformanceCase>();
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.Contains(".Conformance.", StringComparison.Ordinal) && n.EndsWith(".json", StringComparison.Ordinal) && !n.Contains(".statements-", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            all.AddRange(JsonSerializer.Deserialize<ConformanceCase[]>(stream, Json)!);
        }
        return all;
    }
}
