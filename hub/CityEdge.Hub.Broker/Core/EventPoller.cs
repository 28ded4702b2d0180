namespace CityEdge.Hub.Broker;

/// <summary>The loop's sleep where it owns no sockets: systems other than Linux, whose transport is Kestrel.</summary>
internal sealed class EventPoller : ILoopPoller
{
    private readonly AutoResetEvent _event = new(false);

    public bool HasReady => false;

    public void Poll(bool mayWait)
    {
        if (mayWait) _event.WaitOne();
    }

    public void Wake() => _event.Set();

    public int TakeActive() => 0;

    public void Gather()
    {
        // No connection is ever counted active here, so the loop does not ask for it.
    }

    public void CloseAll()
    {
        // There is none.
    }

    public void Dispose() => _event.Dispose();
}
