namespace CityEdge.Hub.Broker;

/// <summary>Told of what the broker does beside routing. Called on connection threads: must return at once and never throw.</summary>
public interface IBrokerObserver
{
    void Refused(BrokerRefusal refusal);

    void Connected(string clientId, ClientIdentity identity);

    void Disconnected(string clientId, ClientIdentity identity, string reason);
}
