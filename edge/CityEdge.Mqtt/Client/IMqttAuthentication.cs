namespace CityEdge.Mqtt;

/// <summary>
/// Enhanced authentication of a client (5.0 §4.12), e.g. SCRAM or a token exchange: the method's name and its steps. Called one step at a time, within the connect time-out;
/// what it throws ends the attempt with that message.
/// </summary>
public interface IMqttAuthentication
{
    /// <summary>Authentication Method, as the server knows it.</summary>
    string Method { get; }

    /// <summary>Data to begin with, in CONNECT or, for a re-authentication, in AUTH; null for none.</summary>
    ValueTask<byte[]?> BeginAsync(CancellationToken cancellation);

    /// <summary>Answers a challenge of the server; null for an answer without data.</summary>
    ValueTask<byte[]?> ContinueAsync(byte[]? challenge, CancellationToken cancellation);

    /// <summary>The server has accepted; false when its last data does not prove who it is, which closes the connection.</summary>
    ValueTask<bool> CompleteAsync(byte[]? proof, CancellationToken cancellation);
}
