namespace CityEdge.Hub.Broker;

/// <summary>Something to do once on the broker's loop; see <see cref="BrokerLoop.Post"/>. Must not block.</summary>
internal interface ILoopWork
{
    void Run();
}
