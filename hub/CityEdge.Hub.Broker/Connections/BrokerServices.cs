namespace CityEdge.Hub.Broker;

/// <summary>The parts of the broker that a connection talks to.</summary>
internal sealed record BrokerServices(
    Router Router, SessionTable Sessions, RetainedStore Retained, AckPump Acks, AuthenticationThrottle Throttle, MessageRates Rates, IBrokerAuthenticator Authenticator, Action RequestSnapshot,
    SystemTopics System, BrokerLoop Loop);
