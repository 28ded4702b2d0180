namespace CityEdge.Edge;

/// <summary>What an agent needs to fetch its own token from the hub.</summary>
/// <param name="Hub">Address of the hub's API: <c>https://HOST:PORT</c>; <c>http://</c> only to the same machine, since code and token would be read on the way.</param>
/// <param name="Identity"><c>site/device</c>.</param>
/// <param name="Code">The one-time code of <c>cityedge-hub devices claim-code</c>.</param>
/// <param name="CaFile">PEM file of the authorities to trust; null: the system's.</param>
/// <param name="TokenFile">Where the token is kept, readable by its owner only.</param>
public sealed record ClaimRequest(Uri Hub, string Identity, string Code, string? CaFile, string TokenFile)
{
    /// <summary>False with the reason when the text is no address that a code may be sent to.</summary>
    public static bool TryParseHub(string text, out Uri hub, out string error)
    {
        error = "";
        if (!Uri.TryCreate(text, UriKind.Absolute, out hub!) || hub.Scheme is not ("https" or "http") || hub.AbsolutePath != "/") error = $"'{text}' is not the address of the hub's API; write https://HOST:PORT";
        else if (hub.Scheme == "http" && !hub.IsLoopback) error = $"'{text}' would send the code, and the token back, for all to read; use the hub's --https address";
        return error.Length == 0;
    }

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Identity} at {Hub}";
}
