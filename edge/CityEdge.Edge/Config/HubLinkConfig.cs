namespace CityEdge.Edge;

/// <summary>How the agent reaches the hub. Without a password none is sent, as a hub with <c>--auth none</c> wants it.</summary>
public sealed record HubLinkConfig
{
    /// <summary><c>mqtt://host[:1883]</c> or <c>mqtts://host[:8883]</c>.</summary>
    public required string Url { get; init; }

    /// <summary>Device token; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>File of the token; null for none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Address of the hub's API, where an agent without a token claims one; null: it does not.</summary>
    public Uri? ClaimUrl { get; init; }

    /// <summary>File of the one-time code; gone after the claim.</summary>
    public string? ClaimCodeFile { get; init; }

    /// <summary>PEM file of the authorities to trust; null: the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file of the device's certificate, for mutual TLS.</summary>
    public string? CertFile { get; init; }

    /// <summary>PEM file of its key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The code of the file; null where there is no file, or it is empty.</summary>
    public string? ReadClaimCode() => ClaimCodeFile is not null && File.Exists(ClaimCodeFile) && File.ReadAllText(ClaimCodeFile).Trim() is { Length: > 0 } code ? code : null;

    /// <summary>A used code is of no use to anyone.</summary>
    public void ForgetClaimCode()
    {
        if (ClaimCodeFile is not null) File.Delete(ClaimCodeFile);
    }

    /// <summary>Without the secret.</summary>
    public override string ToString() => Url;
}
