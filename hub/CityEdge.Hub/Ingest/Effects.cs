using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using Dapper;

namespace CityEdge.Hub.Ingest;

/// <summary>What folding a batch of journal records wants written: all of it in one commit with the journal position.</summary>
public sealed class Effects
{
    private readonly List<(long Position, long AtMs, Action<TicketTransaction> Write)> writes = [];
    private readonly HashSet<PointId> touched = [];
    private long position = -1;
    private long atMs;

    /// <summary>Points and devices whose rows changed, as the live stream shows them.</summary>
    public HashSet<PointId> Points { get; } = [];

    public HashSet<string> Devices { get; } = [];

    /// <summary>True when rules or points of the engine changed in a way that a snapshot must not precede.</summary>
    public bool ForceSnapshot { get; set; }

    /// <summary>True when rules or assets changed, so that any device may have to be told other rules.</summary>
    public bool Reconfigured { get; set; }

    public bool Any => writes.Count > 0;

    public int Count => writes.Count;

    /// <summary>The record that the next effects come from; -1: the clock.</summary>
    public void From(long recordPosition, long recordTimeMs) => (position, atMs) = (recordPosition, recordTimeMs);

    public void Add(Action<TicketTransaction> write) => writes.Add((position, atMs, write));

    /// <summary>Remembers that this batch may give the point a ticket deadline that the store does not show yet.</summary>
    public void Touch(PointId point) => touched.Add(point);

    public bool IsTouched(PointId point) => touched.Contains(point);

    public void WriteTo(TicketTransaction transaction)
    {
        foreach (var (_, _, write) in writes) write(transaction);
    }

    /// <summary>As <see cref="WriteTo"/>, but an effect that cannot be written is rolled back alone and kept as a dead letter: one poisonous record must not stop the city.</summary>
    public void WriteEachTo(TicketTransaction transaction, Action<long, Exception> refused)
    {
        foreach (var (from, at, write) in writes)
        {
            transaction.Connection.Execute("savepoint effect");
            try
            {
                write(transaction);
            }
#pragma warning disable CA1031 // Whatever it was: it is named and kept, and the others are written.
            catch (Exception error)
#pragma warning restore CA1031
            {
                transaction.Connection.Execute("rollback to effect");
                refused(from, error);
                DeadLetters.Add(transaction.Connection, DeadLetters.Create(from, at, null, null, RefusalReason.BadRecord, $"Its effect could not be stored: {error.Message}", -3, ReadOnlyMemory<byte>.Empty));
            }
            transaction.Connection.Execute("release effect");
        }
    }

    public void Clear()
    {
        writes.Clear();
        touched.Clear();
        Points.Clear();
        Devices.Clear();
        ForceSnapshot = false;
        Reconfigured = false;
        From(-1, 0);
    }
}
