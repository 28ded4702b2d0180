namespace CityEdge.Hub.Broker;

/// <summary>A connection that <see cref="MqttBroker.TryAdmit"/> let in. Dispose it when the connection has ended: until then it counts.</summary>
public sealed class Admission : IDisposable
{
    private readonly Action _leave;
    private int _left;

    internal Admission(Action leave) => _leave = leave;

    /// <inheritdoc />
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0) _leave();
    }
}
