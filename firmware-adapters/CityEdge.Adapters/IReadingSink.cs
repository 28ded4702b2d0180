using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>Where adapters put what they read. A call that has returned is an acknowledgement: it is stored and flushed (design §2, promise 1).</summary>
public interface IReadingSink
{
    /// <summary>Stores readings; completes when they are on disk. Waits when the spool is full and must not drop.</summary>
    Task WriteAsync(IReadOnlyList<Reading> batch, CancellationToken cancellation);

    /// <summary>Stores events; completes when they are on disk.</summary>
    Task WriteEventsAsync(IReadOnlyList<CloudEvent> events, CancellationToken cancellation);
}
