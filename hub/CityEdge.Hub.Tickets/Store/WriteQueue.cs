using System.Threading.Channels;
using CityEdge.Contracts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>
/// The one writer of a file, with group commit: what is queued runs in one SQLite transaction, each work in a savepoint of its own; one COMMIT, then
/// everyone who waits is told.
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    /// <summary>Most works of one commit.</summary>
    public const int BatchLimit = 512;

    private readonly SqlSession sql;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Action<ChangeSet> committed;
    private readonly Channel<WriteItem> queue = Channel.CreateBounded<WriteItem>(new BoundedChannelOptions(4096) { SingleReader = true });
    private readonly Task loop;

    public WriteQueue(SqlSession sql, TimeProvider time, ILogger logger, Action<ChangeSet> committed)
    {
        (this.sql, this.time, this.logger, this.committed) = (sql, time, logger, committed);
        loop = Task.Run(RunAsync);
    }

    public async Task<T> WriteAsync<T>(Func<TicketTransaction, T> work, CancellationToken ct)
    {
        var item = new WriteItem<T>(work, ct);
        try
        {
            await queue.Writer.WriteAsync(item, ct).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(TicketStore));
        }
        return await item.Result.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        List<WriteItem> taken = [];
        while (await queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            taken.Clear();
            ChangeSet changes;
            try
            {
                changes = Commit(taken);
            }
            catch (Exception failure)
            {
                // Disk full, a lock held too long, a broken file: nothing of the batch is stored, its callers hear it, and the next batch tries again.
                logger.LogError(failure, "Ticket store: commit of {Count} works failed; none of them is stored", taken.Count);
                foreach (var item in taken) item.Fail(failure);
                continue;
            }
            try
            {
                committed(changes);
            }
            catch (Exception failure)
            {
                logger.LogError(failure, "Ticket store: what follows a commit failed; the commit itself stands");
            }
            foreach (var item in taken) item.Complete();
        }
    }

    private ChangeSet Commit(List<WriteItem> taken)
    {
        var all = new ChangeSet();
        using var transaction = sql.Connection.BeginTransaction(deferred: false);
        sql.Transaction = transaction;
        try
        {
            while (taken.Count < BatchLimit && queue.Reader.TryRead(out var item))
            {
                taken.Add(item);
                if (item.Cancelled()) continue;
                var changes = new ChangeSet();
                transaction.Save("work");
                var scope = new TicketTransaction(sql, transaction, changes, time.GetUtcNow().ToUnixTimeMilliseconds());
                try
                {
                    item.Run(scope);
                    all.Merge(changes);
                }
                catch (Exception failure)
                {
                    // The caller hears of it; the others of the batch go on. If even this fails, the whole batch fails.
                    transaction.Rollback("work");
                    item.Fail(failure);
                }
                finally
                {
                    scope.End();
                }
                transaction.Release("work");
            }
            transaction.Commit();
        }
        finally
        {
            sql.Transaction = null;
        }
        return all;
    }

    private abstract class WriteItem
    {
        public abstract bool Cancelled();

        public abstract void Run(TicketTransaction scope);

        public abstract void Complete();

        public abstract void Fail(Exception failure);
    }

    private sealed class WriteItem<T>(Func<TicketTransaction, T> work, CancellationToken ct) : WriteItem
    {
        private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? value;

        public Task<T> Result => done.Task;

        public override bool Cancelled() => ct.IsCancellationRequested && done.TrySetCanceled(ct);

        public override void Run(TicketTransaction scope) => value = work(scope);

        public override void Complete() => done.TrySetResult(value!);

        public override void Fail(Exception failure) => done.TrySetException(failure);
    }
}
