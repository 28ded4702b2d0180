namespace CityEdge.Hub.Telemetry;

/// <summary>How readings are written outside of the stores.</summary>
public enum ReadingFormat
{
    /// <summary>
    /// CSV (RFC 4180) with the head <c>time,point,kind,type,value,quality</c>, lossless: time RFC 3339 UTC with ms; type number, boolean, text or data (Base64); numbers
    /// by their shortest round-trip text, a NaN with a payload as <c>0x</c> and its 16 hex digits; quality as a number, empty when good.
    /// </summary>
    Csv,

    /// <summary>InfluxDB line protocol as of design §5; without numbers that are not finite, data as the text of its Base64.</summary>
    Line,
}
