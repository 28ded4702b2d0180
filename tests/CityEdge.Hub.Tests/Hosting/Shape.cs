using System.Text.Json;
using System.Text.RegularExpressions;

namespace CityEdge.Hub.Tests;

/// <summary>What every answer of the API keeps to: snake_case keys, RFC 3339 UTC times with milliseconds (design §5, <i>HTTP</i>).</summary>
public static partial class Shape
{
    // Below these keys people's own names stand.
    private static readonly string[] Free = ["labels", "attributes", "refusals", "args", "data"];

    public static void AssertConventions(JsonElement element, string path = "$")
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var part in element.EnumerateObject())
                {
                    Assert.True(Snake().IsMatch(part.Name), $"{path}.{part.Name} is not snake_case");
                    if (part.Value.ValueKind == JsonValueKind.String && (part.Name is "at" or "time" or "since" or "last_seen" or "now" || part.Name.EndsWith("_at", StringComparison.Ordinal)))
                        Assert.True(Time().IsMatch(part.Value.GetString()!), $"{path}.{part.Name} is '{part.Value}', not RFC 3339 UTC with milliseconds");
                    if (!Free.Contains(part.Name)) AssertConventions(part.Value, $"{path}.{part.Name}");
                }
                break;
            case JsonValueKind.Array:
                var i = 0;
                foreach (var item in element.EnumerateArray()) AssertConventions(item, $"{path}[{i++}]");
                break;
        }
    }

    /// <summary>The keys that a contract names are there, null or not.</summary>
    public static void AssertHas(JsonElement element, params string[] names)
    {
        foreach (var name in names) Assert.True(element.TryGetProperty(name, out _), $"'{name}' is missing in {element}");
        AssertConventions(element);
    }

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static long Ms(this JsonElement element, string name) => element.GetProperty(name).GetDateTimeOffset().ToUnixTimeMilliseconds();

    /// <summary>As the API writes a time.</summary>
    public static string Iso(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex("^[a-z0-9]+(_[a-z0-9]+)*$")]
    private static partial Regex Snake();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
    private static partial Regex Time();
}
