namespace CityEdge.Adapters;

/// <summary>State of an adapter in the device's status document.</summary>
public enum AdapterState : byte
{
    /// <summary>Nothing read yet.</summary>
    Starting,

    /// <summary>The last read was good.</summary>
    Running,

    /// <summary>The last read had a fault.</summary>
    Faulted,

    /// <summary>Read to its end.</summary>
    Completed,
}
