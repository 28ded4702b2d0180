using System.Threading.Tasks.Sources;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Wakes one connection's held-back reading; any number of signals before it looks count as one. Goes on where the connection is served: on the broker's loop, or on a pool
/// thread; never inside <see cref="Set"/>, which may be called under any gate.
/// </summary>
internal sealed class ResumeSignal : IValueTaskSource, ILoopWork
{
    private const int Idle = 0;
    private const int IsSet = 1;
    private const int Waiting = 2;

    private readonly BrokerLoop? _home;
    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;

    public ResumeSignal(BrokerLoop? home)
    {
        _home = home;
        _source.RunContinuationsAsynchronously = home is null;
    }

    public void Set()
    {
        if (Interlocked.CompareExchange(ref _state, IsSet, Idle) != Waiting) return;
        // Only the one waiter makes it wait again, so whoever takes the state away is alone.
        if (Interlocked.CompareExchange(ref _state, Idle, Waiting) != Waiting) return;
        if (_home is null) _source.SetResult(true);
        else _home.Post(this);
    }

    public void Run() => _source.SetResult(true);

    public ValueTask WaitAsync()
    {
        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle) return new ValueTask(this, _source.Version);
        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);
}
