namespace CityEdge.Hub.Broker;

/// <summary>
/// Watches how fast a subscriber with half of its cap waiting takes what is read back for it. One who takes more than 20 MB a second is not slow: the hub takes in faster than it
/// can hand out, and at the cap would end a subscriber who does all it can. Then publishers wait for their acknowledgements until less than half waits again. A slower one has
/// no say: it must not slow the city down. Under the feed's gate.
/// </summary>
internal sealed class FeedHaste(BrokerCore core)
{
    private const long FastBytesPerSecond = 20 << 20;
    private long _began = core.Protocol.GetTimestamp();
    private long _bytes;
    private bool _fast;

    /// <summary>A chunk has handed out so many bytes.</summary>
    public void Took(long bytes)
    {
        _bytes += bytes;
        var passed = core.Protocol.GetElapsedTime(_began);
        if (passed >= TimeSpan.FromMilliseconds(100))
        {
            _fast = _bytes >= FastBytesPerSecond * passed.TotalSeconds;
            (_bytes, _began) = (0, core.Protocol.GetTimestamp());
        }
        if (_fast) core.PublishersWait();
    }
}
