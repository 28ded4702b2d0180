namespace CityEdge.Hub.Broker;

/// <summary>What the broker's loop sleeps on. <see cref="Wake"/> from any thread; everything else on the loop's thread.</summary>
internal interface ILoopPoller : IDisposable
{
    /// <summary>True while known work waits: do not sleep.</summary>
    bool HasReady { get; }

    /// <summary>Waits for events or <see cref="Wake"/> and serves them; not at all unless <paramref name="mayWait"/>.</summary>
    void Poll(bool mayWait);

    /// <summary>Ends the present or the next wait.</summary>
    void Wake();

    /// <summary>Connections that had an event since the last call, each counted once.</summary>
    int TakeActive();

    /// <summary>Lets about a millisecond pass so that more gathers.</summary>
    void Gather();

    /// <summary>Ends every connection that is left; nothing is polled after it.</summary>
    void CloseAll();
}
