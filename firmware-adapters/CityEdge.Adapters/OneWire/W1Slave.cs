using System.Globalization;

namespace CityEdge.Adapters.OneWire;

/// <summary>
/// The kernel's <c>w1_slave</c> text: nine scratchpad bytes with <c>crc=… YES|NO</c>, then the bytes again with <c>t=</c> in millidegrees.
/// </summary>
public static class W1Slave
{
    /// <summary>
    /// Degrees Celsius, or null with a fault: <c>crc</c> (the kernel says NO), all bytes zero (data line held low: their CRC is 00 and passes), 85.000 (the power-on value: the conversion never ran) unless the last reading was
    /// within 10 degrees of it, and anything outside −55 to 125.
    /// </summary>
    /// <param name="text">Content of the file.</param>
    /// <param name="previous">Last good reading of this sensor; null when there is none.</param>
    /// <param name="fault">For a person.</param>
    public static double? Parse(string text, double? previous, out string? fault)
    {
        fault = null;
        var crc = text.IndexOf("crc=", StringComparison.Ordinal);
        var at = text.IndexOf("t=", StringComparison.Ordinal);
        if (crc < 0 || text.IndexOf('\n') is var end && end < crc) return Fault("unreadable answer: no crc", out fault);
        var first = text.AsSpan(0, end).TrimEnd();
        if (!first.EndsWith("YES")) return Fault("crc: the answer was garbled on the bus; check the cable and the pull-up", out fault);
        if (at < 0 || !int.TryParse(text.AsSpan(at + 2).TrimEnd(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var milli)) return Fault("unreadable answer: no t=", out fault);
        if (text.StartsWith("00 00 00 00 00 00 00 00 00", StringComparison.Ordinal)) return Fault("all bytes are zero: the sensor is disconnected or the data line shorted", out fault);
        if (milli == 85_000 && !(previous is { } last && Math.Abs(last - 85) <= 10)) return Fault("85.000 is the power-on value: the conversion did not run; check the sensor's supply", out fault);
        if (milli is < -55_000 or > 125_000) return Fault($"{milli / 1000d} is outside the sensor's -55 to 125", out fault);
        return milli / 1000d;
    }

    private static double? Fault(string message, out string fault)
    {
        fault = message;
        return null;
    }
}
