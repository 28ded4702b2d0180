namespace CityEdge.Hub.Notification;

/// <summary>Sends messages one way. Throws <see cref="HttpRequestException"/>, <see cref="IOException"/> or a protocol's own exception when the other side cannot be reached.</summary>
public interface IChannel
{
    Task<SendResult> SendAsync(OutgoingMessage message, CancellationToken ct);
}
