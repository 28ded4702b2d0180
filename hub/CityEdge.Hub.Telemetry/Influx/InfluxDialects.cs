namespace CityEdge.Hub.Telemetry;

/// <summary>Dialects by version, and what their answers have in common.</summary>
internal static class InfluxDialects
{
    public static IInfluxDialect For(int version) => version switch
    {
        1 => new InfluxV1(),
        2 => new InfluxV2(),
        3 => new InfluxV3(),
        _ => throw new ArgumentException($"--influx-version {version}: only 1, 2 and 3 are known."),
    };

    public static string Quote(string identifier) => "\"" + identifier.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";

    public static string Literal(string text) => "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "'";
}
