namespace CityEdge.Mqtt;

/// <summary>Whether a subscription is answered with retained messages (5.0 §3.8.3.1); 3.1.1 always behaves as <see cref="SendAtSubscribe"/>.</summary>
public enum RetainHandling : byte
{
    SendAtSubscribe,
    SendIfNew,
    DoNotSend,
}
