namespace CityEdge.Edge;

/// <summary>Checks a hub URL early, where the line of the configuration file is still known.</summary>
internal static class MqttUrls
{
    public static bool IsValid(string url, out string error)
    {
        error = $"'{url}' is not a hub address; write mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS";
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0 && url[..scheme] is not ("mqtt" or "mqtts")) return false;
        return Uri.TryCreate(scheme < 0 ? $"mqtt://{url}" : url, UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.AbsolutePath is "/" or "";
    }
}
