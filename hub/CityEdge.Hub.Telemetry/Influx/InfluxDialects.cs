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

    public static InfluxVerdict Judge(int status, string message) => status switch
    {
        >= 200 and < 300 => InfluxVerdict.Stored,
        400 or 422 when message.Contains("beyond retention policy", StringComparison.Ordinal) => InfluxVerdict.BeyondRetention,
        400 or 422 => InfluxVerdict.Refused,
        401 or 403 => InfluxVerdict.Denied,
        404 => InfluxVerdict.NoDatabase,
        413 => InfluxVerdict.TooLarge,
        500 when message.Contains("retention policy not found", StringComparison.Ordinal) => InfluxVerdict.NoDatabase,
        _ => InfluxVerdict.Unavailable,
    };

    public static string Quote(string identifier) => "\"" + identifier.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";

    public static string Literal(string text) => "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "'";
}
