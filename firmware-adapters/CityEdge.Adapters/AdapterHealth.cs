using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>Counters and state of one adapter. All members are safe to use from any thread.</summary>
public sealed class AdapterHealth(string adapterId, Action<string, string>? onFault = null)
{
    private long readings;
    private long faults;
    private volatile string? lastError;
    private volatile int state;

    /// <summary>Current state.</summary>
    public AdapterState State => (AdapterState)state;

    /// <summary>Readings that the sink has stored since the start.</summary>
    public long Readings => Interlocked.Read(ref readings);

    /// <summary>Faults since the start: failed reads, bad rows, bad frames.</summary>
    public long Faults => Interlocked.Read(ref faults);

    /// <summary>The last fault, for a person; stays after recovery. Null when there was none.</summary>
    public string? LastError => lastError;

    /// <summary>Counts stored readings and marks the adapter as running.</summary>
    public void Stored(int count)
    {
        Interlocked.Add(ref readings, count);
        state = (int)AdapterState.Running;
    }

    /// <summary>Counts a fault and marks the adapter as faulted until the next good read.</summary>
    public void Fault(string message)
    {
        Report(message);
        state = (int)AdapterState.Faulted;
    }

    /// <summary>Counts a fault that leaves the adapter running, such as one bad row of a file.</summary>
    public void Report(string message)
    {
        Interlocked.Increment(ref faults);
        lastError = message;
        onFault?.Invoke(adapterId, message);
    }

    /// <summary>Marks the adapter as having come to its end.</summary>
    public void Complete() => state = (int)AdapterState.Completed;

    /// <summary>The entry in the status document.</summary>
    public AdapterStatus ToStatus(string type) =>
        new() { Id = adapterId, Type = type, State = State.ToString().ToLowerInvariant(), LastError = LastError, Readings = Readings };
}
