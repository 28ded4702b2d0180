using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Complaints;

/// <summary>Many complaints by one commit, or none.</summary>
public sealed class ComplaintImport(TicketStore store)
{
    /// <summary>What became of each, in their order; with <paramref name="dryRun"/> what would become of it, found out by doing it and taking it back.</summary>
    public async Task<IReadOnlyList<ComplaintResult>> RunAsync(IReadOnlyList<ComplaintInput> complaints, bool dryRun, CancellationToken ct)
    {
        try
        {
            return await store.WriteAsync(
                tx =>
                {
                    var done = complaints.Select(tx.Add).ToList();
                    return dryRun ? throw new TakenBackException(done) : done;
                },
                ct);
        }
        catch (TakenBackException tried)
        {
            return tried.Done;
        }
    }

    /// <summary>Ends a work so that nothing of it is stored.</summary>
    private sealed class TakenBackException(IReadOnlyList<ComplaintResult> done) : Exception
    {
        public IReadOnlyList<ComplaintResult> Done { get; } = done;
    }
}
