using System.Globalization;

namespace CityEdge.Mqtt;

/// <summary>Host, port and whether TLS is spoken, from <c>mqtt://</c>, <c>mqtts://</c> or <c>host:port</c>.</summary>
public readonly record struct MqttEndpoint(string Host, int Port, bool Tls)
{
    /// <summary>False with a message for a person when the text is not such an address.</summary>
    public static bool TryParse(string text, out MqttEndpoint endpoint, out string error)
    {
        endpoint = default;
        error = "";
        var rest = text.AsSpan().Trim();
        var tls = false;
        var scheme = rest.IndexOf("://");
        if (scheme >= 0)
        {
            tls = rest[..scheme].Equals("mqtts", StringComparison.OrdinalIgnoreCase);
            if (!tls && !rest[..scheme].Equals("mqtt", StringComparison.OrdinalIgnoreCase))
            {
                error = $"MQTT address '{text}': scheme {rest[..scheme]} is not known; use mqtt:// or mqtts://";
                return false;
            }
            rest = rest[(scheme + 3)..];
        }
        rest = rest.TrimEnd('/');
        var port = tls ? 8883 : 1883;
        var bracket = rest.StartsWith("[") ? rest.IndexOf(']') : -1;
        var colon = rest.LastIndexOf(':');
        var hasPort = colon > bracket && (bracket >= 0 || rest.IndexOf(':') == colon);
        var host = hasPort ? rest[..colon] : rest;
        if (hasPort && (!int.TryParse(rest[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65_535))
        {
            error = $"MQTT address '{text}': the port is not a number from 1 to 65535";
            return false;
        }
        if (bracket > 0) host = host[1..bracket];
        if (host.IsEmpty || host.ContainsAny("/@ ?#[]"))
        {
            error = $"MQTT address '{text}': give mqtt://HOST:PORT without a path; user name and password are settings of their own";
            return false;
        }
        endpoint = new(host.ToString(), port, tls);
        return true;
    }

    public override string ToString() => $"{(Tls ? "mqtts" : "mqtt")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";
}
