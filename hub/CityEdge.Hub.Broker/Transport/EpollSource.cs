namespace CityEdge.Hub.Broker;

/// <summary>A descriptor that the poller watches. On the loop's thread.</summary>
internal abstract class EpollSource
{
    /// <summary>-1 once closed: the number may by then belong to another.</summary>
    public int Descriptor { get; set; } = -1;

    /// <summary>Place in the poller's table.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>The window in which it last had an event.</summary>
    public int ActiveIn { get; set; }

    /// <summary>Its turn among what is new: see <see cref="EpollPoller.AddNewcomer"/>. On the loop.</summary>
    public abstract void ServeNewcomer();

    public abstract void OnEvents(uint events);

    /// <summary>The loop ends.</summary>
    public abstract void Abort();
}
