using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>
/// One sensor or device protocol at work (design §4.1). An adapter reads bytes and decodes; scale, unit, range, dead-band are the shared normaliser's (<see cref="NormalisingSink"/>).
/// A device that does not answer is a fault in <see cref="Health"/>, never an exception out of <see cref="RunAsync"/>.
/// </summary>
public interface IAdapter
{
    /// <summary>Id from the configuration; unique in one agent.</summary>
    string Id { get; }

    /// <summary>Type word from the configuration, e.g. <c>modbus-tcp</c>.</summary>
    string Type { get; }

    /// <summary>What it measures: configured points, or those discovered. May grow while it runs when points are discovered.</summary>
    IReadOnlyList<PointDeclaration> Points { get; }

    /// <summary>State, counters and the last fault; safe to read from any thread.</summary>
    AdapterHealth Health { get; }

    /// <summary>True for an adapter whose <see cref="RunAsync"/> ends by itself (a replay): <c>--once</c> waits for these.</summary>
    bool EndsByItself => false;

    /// <summary>True once everything there was to read has been stored by the sink.</summary>
    bool Completed => false;

    /// <summary>Reads and writes to the sink until cancelled, or until there is nothing more. Faults of the sink come out; faults of the device do not.</summary>
    Task RunAsync(IReadingSink sink, CancellationToken cancellation);

    /// <summary>One reading of every point now, raw as decoded, for installers (<c>cityedge-edge read</c>). Faults of the device come out as exceptions with a message for a person.</summary>
    Task<IReadOnlyList<Reading>> ReadOnceAsync(CancellationToken cancellation);
}
